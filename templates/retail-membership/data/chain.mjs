/**
 * The chain that the sample data describes: its shops, its people, its goods and its year.
 *
 * Only facts stand here; `generate.mjs` decides who buys what and when. The company and
 * everybody in it are invented.
 */

/** Shops: `code` opens their ticket numbers, `weight` is their share of the members. */
export const shops = [
  { ref: "s1", key: "shop_nanjing", code: "NJ", name: "南京新街口店", region: "east", city: "南京", address: "南京市秦淮区中山南路 18 号", phone: "025-84710018", opened: "2018-04-28", weight: 16 },
  { ref: "s2", key: "shop_shanghai", code: "SH", name: "上海徐家汇店", region: "east", city: "上海", address: "上海市徐汇区虹桥路 9 号", phone: "021-64480009", opened: "2017-09-16", weight: 15 },
  { ref: "s3", key: "shop_hangzhou", code: "HZ", name: "杭州湖滨店", region: "east", city: "杭州", address: "杭州市上城区延安路 258 号", phone: "0571-87060258", opened: "2019-05-18", weight: 12 },
  { ref: "s4", key: "shop_guangzhou", code: "GZ", name: "广州天河店", region: "south", city: "广州", address: "广州市天河区天河路 208 号", phone: "020-38330208", opened: "2019-11-08", weight: 11 },
  { ref: "s5", key: "shop_shenzhen", code: "SZ", name: "深圳南山店", region: "south", city: "深圳", address: "深圳市南山区文心五路 33 号", phone: "0755-86280033", opened: "2020-12-12", weight: 9 },
  { ref: "s6", key: "shop_beijing", code: "BJ", name: "北京西单店", region: "north", city: "北京", address: "北京市西城区西单北大街 120 号", phone: "010-66010120", opened: "2018-10-01", weight: 12 },
  { ref: "s7", key: "shop_chengdu", code: "CD", name: "成都春熙店", region: "southwest", city: "成都", address: "成都市锦江区春熙路东段 6 号", phone: "028-86650006", opened: "2020-06-18", weight: 9 },
  { ref: "s8", key: "shop_wuhan", code: "WH", name: "武汉江汉路店", region: "central", city: "武汉", address: "武汉市江汉区江汉路 86 号", phone: "027-82770086", opened: "2021-04-10", weight: 7 },
  { ref: "s9", key: "shop_xian", code: "XA", name: "西安钟楼店", region: "northwest", city: "西安", address: "西安市碑林区南大街 30 号", phone: "029-87260030", opened: "2021-09-30", weight: 5 },
  { ref: "s10", key: "shop_shenyang", code: "SY", name: "沈阳中街店", region: "northeast", city: "沈阳", address: "沈阳市沈河区中街路 128 号", phone: "024-24840128", opened: "2022-05-01", weight: 4 },
];

/** Who works where. `li`, `wang` and `zhao` are the three that the documentation speaks of. */
export const staff = {
  headquarters: [["zhao", "赵敏"], ["sun_hq", "孙静"]],
  s1: { manager: ["wang", "王海燕"], clerks: [["li", "李婷"], ["chen", "陈露"]] },
  s2: { manager: ["xu", "徐国强"], clerks: [["shen", "沈佳怡"], ["gu", "顾晓雯"]] },
  s3: { manager: ["lou", "楼建平"], clerks: [["fang", "方倩"], ["ye", "叶思琪"]] },
  s4: { manager: ["liang", "梁家豪"], clerks: [["huang", "黄咏仪"], ["mai", "麦慧珊"]] },
  s5: { manager: ["lin", "林志远"], clerks: [["zhong", "钟丽"], ["luo", "罗敏"]] },
  s6: { manager: ["jia", "贾春梅"], clerks: [["bai", "白雪"], ["meng", "孟丹"]] },
  s7: { manager: ["tang", "唐蓉"], clerks: [["deng", "邓小娟"], ["jiang", "蒋雨薇"]] },
  s8: { manager: ["hu", "胡斌"], clerks: [["yuan", "袁莉"], ["dong", "董洁"]] },
  s9: { manager: ["yan", "闫军"], clerks: [["hui", "惠娜"]] },
  s10: { manager: ["guan", "关宏伟"], clerks: [["song", "宋丽丽"]] },
};

/** Goods by category: `[name, price in whole yuan]`. */
export const goods = {
  cosmetics: [["焕颜精华", 369], ["水光面膜", 99], ["丝绒口红", 169], ["气垫粉底", 219], ["修护面霜", 298], ["防晒乳", 128], ["卸妆油", 118], ["眼霜", 329], ["洁面乳", 79], ["礼盒套装", 899]],
  care: [["洗发水", 59], ["护发素", 55], ["沐浴露", 49], ["牙膏", 29], ["电动牙刷", 259], ["身体乳", 69], ["洗手液", 25], ["吹风机", 399]],
  baby: [["婴儿奶粉", 318], ["纸尿裤", 139], ["婴儿湿巾", 39], ["儿童面霜", 68], ["辅食米粉", 56], ["奶瓶", 98], ["安抚玩具", 79]],
  health: [["鱼油", 198], ["蛋白粉", 368], ["维生素C", 88], ["钙片", 118], ["燕窝", 688], ["阿胶糕", 258], ["益生菌", 168]],
  home: [["香薰蜡烛", 129], ["毛巾", 39], ["四件套", 459], ["洗衣凝珠", 65], ["收纳箱", 59], ["保温杯", 139]],
  snacks: [["坚果礼盒", 158], ["黑巧克力", 69], ["曲奇", 49], ["花茶", 78], ["蜂蜜", 88], ["燕麦片", 45]],
};

/** The largest share taken off goods that are sold at nearly fixed prices. */
export const discountShare = { baby: 0.05 };

/** How likely a member names a category as the one they come for. */
export const preferences = [["cosmetics", 34], ["care", 20], ["baby", 14], ["health", 13], ["home", 9], ["snacks", 10]];

/** Trade by month, January first: New Year goods, 8 March, 618, Singles' Day. */
export const season = [1.25, 0.85, 1.15, 0.9, 1.05, 1.4, 0.85, 0.85, 1.0, 1.05, 1.65, 1.2];

/** Trade by weekday, Sunday first. */
export const week = [1.5, 0.8, 0.8, 0.8, 0.9, 1.2, 1.6];

/** Family names and how common they are. */
export const surnames = [
  ..."王李张刘陈杨黄赵吴周".split("").map((name) => [name, 60]),
  ..."徐孙马朱胡郭何林高罗郑梁谢宋唐".split("").map((name) => [name, 16]),
  ..."许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金".split("").map((name) => [name, 6]),
  ["欧阳", 1], ["司徒", 0.4], ["上官", 0.4], ["诸葛", 0.3],
];

/** Characters of given names. */
export const given = {
  female: "婷静丽敏娟艳芳燕红玲雪梅倩颖琳佳慧莉娜洁雯欣怡萍蓉薇晓雨思梦瑶诗涵悦妍琪璐菲露岚月秀云".split(""),
  male: "伟强磊军勇杰涛明超辉刚平波斌鹏飞鑫浩宇博文轩晨阳志远建国海峰俊凯子豪天佑嘉睿泽楠松林".split(""),
};

/** The first three digits of mobile numbers. */
export const prefixes = ["133", "135", "136", "137", "138", "139", "150", "151", "152", "158", "159", "176", "180", "181", "182", "185", "186", "187", "188", "189", "198", "199"];

/** Years of birth that had a leap month, and which. */
export const leapMonths = [[1963, 4], [1966, 3], [1968, 7], [1971, 5], [1974, 4], [1976, 8], [1979, 6], [1982, 4], [1984, 10], [1987, 6], [1990, 5], [1993, 3], [1995, 8], [1998, 5], [2001, 4]];

/** Companies that buy in bulk for their staff. */
export const companies = [
  ["金陵云创软件有限公司", "云创软件"], ["江南实业集团工会", "江南实业"], ["浦江律师事务所", "浦江律所"], ["钱塘设计院", "钱塘设计"], ["岭南物流有限公司", "岭南物流"],
  ["鹏城电子科技有限公司", "鹏城电子"], ["京西文化传媒有限公司", "京西文化"], ["锦官酒店管理公司", "锦官酒店"], ["江城建筑工程有限公司", "江城建筑"], ["长安教育咨询公司", "长安教育"],
  ["盛京机械制造厂", "盛京机械"], ["栖霞医药连锁有限公司", "栖霞医药"], ["虹桥会展服务公司", "虹桥会展"], ["西湖茶业有限公司", "西湖茶业"], ["珠江置业有限公司", "珠江置业"],
  ["南头供应链有限公司", "南头供应链"], ["什刹海旅行社", "什刹海旅行"], ["府河餐饮管理公司", "府河餐饮"], ["汉口印务有限公司", "汉口印务"], ["雁塔网络科技公司", "雁塔网络"],
];

/** What is said to members and by members: `[subject, text, outcome]`. */
export const talks = [
  ["新品试用邀约", "介绍本季新品，邀请到店试用，会员表示周末有空。", "interested"],
  ["购后回访", "询问使用感受，反馈效果满意，无不良反应。", "reached"],
  ["积分到期提醒", "提醒积分月底到期，会员表示会来兑换。", "reached"],
  ["生日礼遇告知", "告知生日月双倍积分，会员很高兴。", "interested"],
  ["久未到店关怀", "近期搬家，离门店较远，推荐了小程序下单。", "reached"],
  ["会员日通知", "电话无人接听，已发微信留言。", "no_answer"],
  ["补货到店通知", "预订商品已到店，约定三日内来取。", "deal"],
  ["护理沙龙邀请", "会员表示工作忙，暂不参加。", "declined"],
];

/** Complaints: `[subject, category, description, result]`. */
export const grievances = [
  ["面霜使用后过敏", "quality", "使用两天后脸颊泛红，停用后好转，要求退货。", "已退货退款，并陪同就医一次。"],
  ["店员推荐与需求不符", "attitude", "多次说明不需要套装，店员仍反复推销。", "店长致歉，店员参加服务培训。"],
  ["奶粉临近保质期", "quality", "回家后发现仅剩两个月保质期。", "更换新批次，并复查货架效期。"],
  ["收银等候过长", "speed", "周末排队二十五分钟，仅开一个收银台。", "周末增开收银台，赠送停车券。"],
  ["标价与收银价不一致", "price", "货架标价 69 元，收银按 89 元收取。", "退还差价，当日更换价签。"],
  ["送货延迟", "speed", "承诺次日送达，实际第四天才到。", "补偿运费，更换配送商。"],
  ["吹风机异响", "quality", "使用一周后有明显异响并发烫。", "换新，旧机返厂检测。"],
  ["赠品未兑现", "other", "活动页注明满 300 赠毛巾，到店称已赠完。", "补寄赠品，修正活动页面。"],
];
