/**
 * Keys: what a field or file is called in the files and the API. A key is proposed from the
 * title and may be edited until the first release that has it.
 */

/** What a key must look like. */
export const KEY = /^[a-z][a-z0-9_]{0,62}$/;

/** Keys that every record has of its own. */
const SYSTEM = new Set([
  "id", "version", "created_at", "created_by", "updated_at", "updated_by", "deleted_at", "owner", "department", "stale", "masked", "warnings",
]);

/** Words that titles of a CRM are made of. A title is only translated when all of it is made of these. */
const WORDS: Record<string, string> = {
  客户: "customer", 会员: "member", 联系人: "contact", 公司: "company", 员工: "staff", 门店: "shop", 店: "shop", 部门: "department", 供应商: "supplier",
  订单: "order", 商品: "product", 产品: "product", 合同: "contract", 商机: "opportunity", 线索: "lead", 报价: "quote", 发票: "invoice", 投诉: "complaint",
  任务: "task", 回访: "follow_up", 跟进: "follow_up", 活动: "campaign", 互动: "interaction", 服务: "service", 工单: "ticket", 积分: "points",
  名称: "name", 姓名: "name", 名: "name", 简称: "short_name", 编码: "code", 编号: "code", 代码: "code", 号: "number", 号码: "number",
  类型: "type", 类别: "category", 分类: "category", 种类: "type", 来源: "source", 状态: "status", 阶段: "stage", 级别: "level", 等级: "grade", 标签: "tags",
  电话: "phone", 手机: "mobile", 邮箱: "email", 微信: "wechat", 地址: "address", 地区: "region", 城市: "city", 省份: "province", 网址: "website", 卡: "card",
  金额: "amount", 价格: "price", 单价: "unit_price", 数量: "quantity", 折扣: "discount", 预算: "budget", 信用: "credit", 额度: "limit", 累计: "total", 消费: "spent",
  日期: "date", 时间: "time", 生日: "birthday", 开始: "start", 结束: "end", 最近: "last", 下次: "next", 发展: "since", 创建: "created",
  性别: "gender", 年龄: "age", 行业: "industry", 规模: "size", 职位: "position", 偏好: "preference", 兴趣: "interest", 皮肤: "skin", 肤质: "skin_type", 头发: "hair",
  干性: "dry", 油性: "oily", 混合性: "combination", 中性: "neutral", 敏感: "sensitive", 男: "male", 女: "female", 其他: "other", 高: "high", 中: "medium", 低: "low",
  新建: "new", 待处理: "pending", 处理中: "in_progress", 完成: "done", 已完成: "done", 关闭: "closed", 已关闭: "closed", 取消: "cancelled", 已取消: "cancelled", 已付款: "paid",
  备注: "notes", 说明: "description", 描述: "description", 内容: "content", 原因: "reason", 结果: "result", 负责人: "responsible", 推荐人: "referrer", 是否: "is",
};
const LONGEST = Math.max(...Object.keys(WORDS).map((word) => word.length));

/** A free key for the title: `Skin type` and `皮肤类型` give `skin_type`, what nothing is known of gives `fallback`, `fallback_2` … */
export function proposeKey(title: string, fallback: string, taken: readonly string[]): string {
  const wanted = fromLatin(title) ?? fromWords(title) ?? fallback;
  const used = new Set([...taken, ...SYSTEM]);
  if (!used.has(wanted)) return wanted;
  let number = 2;
  while (used.has(`${wanted}_${number}`)) number += 1;
  return `${wanted}_${number}`;
}

/** Why a key cannot be used: `form`, `system`, `taken`; `null` if it can. */
export function keyProblem(key: string, taken: readonly string[]): "form" | "system" | "taken" | null {
  if (!KEY.test(key)) return "form";
  if (SYSTEM.has(key)) return "system";
  return taken.includes(key) ? "taken" : null;
}

function fromLatin(title: string): string | null {
  if (!/^[\x20-\x7e]+$/.test(title)) return null;
  const key = title.toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^[_0-9]+|_+$/g, "").slice(0, 63);
  return KEY.test(key) ? key : null;
}

function fromWords(title: string): string | null {
  const words: string[] = [];
  let rest = title.replace(/[\s（）()·-]/g, "");
  while (rest !== "") {
    const word = longestWord(rest);
    if (word === null) return null;
    words.push(WORDS[word] ?? "");
    rest = rest.slice(word.length);
  }
  const key = words.join("_").slice(0, 63);
  return KEY.test(key) ? key : null;
}

function longestWord(text: string): string | null {
  for (let length = Math.min(LONGEST, text.length); length > 0; length -= 1) {
    const word = text.slice(0, length);
    if (Object.hasOwn(WORDS, word)) return word;
  }
  return null;
}
