/**
 * Writes the sample data of this template: `node generate.mjs`.
 *
 * In:  `SEED` and the invented names below.
 * Out: the CSV files, `users.json` and `departments.json` beside this file.
 * Running it twice gives the same bytes. All dates end on `AS_OF`, which `manifest.json` repeats;
 * the installer shifts them so that this day becomes the day of installation.
 */

import { writeFileSync } from "node:fs";
import { chance } from "./chance.mjs";

const SEED = 50;
const AS_OF = Math.round(Date.parse("2026-11-20T00:00:00Z") / 86400000);

const { next, whole, pick, weighted, likely } = chance(SEED);

const reps = ["zhang", "he"];
const places = ["苏州", "无锡", "宁波", "东莞", "青岛", "合肥", "长沙", "郑州", "佛山", "常州"];
const words = ["宏远", "华泰", "中联", "鼎盛", "正大", "恒力", "瑞丰", "天工", "金桥", "远航", "百川", "同创", "博瑞", "力源", "新锐"];
const trades = { machinery: "机械", electronics: "电子", chemicals: "化工", food: "食品", logistics: "物流", software: "软件" };
const projects = ["产线自动化改造", "仓储系统升级", "能耗监测", "设备联网", "质检视觉系统", "备件年度框架", "车间看板", "机器人上下料"];
const products = [["伺服系统", 48000], ["控制柜", 26000], ["视觉相机", 18500], ["边缘网关", 6800], ["输送线（每米）", 3200], ["实施服务（人天）", 2400]];
const surnames = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗".split("");
const givenNames = ["建国", "志强", "海涛", "晓东", "丽华", "敏", "静", "文博", "国栋", "春燕", "伟", "佳", "雪峰", "红梅", "永康"];
const positions = { decider: ["总经理", "厂长"], buyer: ["采购经理", "采购主管"], user: ["生产部长", "设备科长"], gatekeeper: ["总经理助理", "信息主管"] };
const stages = [["contact", 20], ["qualified", 20], ["proposal", 18], ["negotiation", 12], ["won", 18], ["lost", 12]];
const chances = { contact: 10, qualified: 25, proposal: 45, negotiation: 70, won: 100, lost: 0 };

function iso(days) { return new Date(days * 86400000).toISOString().slice(0, 10); }

function accounts() {
  const names = new Set();
  return Array.from({ length: 50 }, (_, index) => {
    const industry = pick(Object.keys(trades));
    let name;
    do name = `${pick(places)}${pick(words)}${trades[industry]}有限公司`; while (names.has(name));
    names.add(name);
    const employees = Math.round(30 * Math.exp(next() * 4));
    return {
      ref: `a${index + 1}`, name, industry,
      source: weighted([["fair", 30], ["website", 25], ["referral", 25], ["cold_call", 20]]),
      annual_revenue: likely(0.85) ? String(employees * whole(25, 90) * 10000) : "",
      employees: likely(0.9) ? String(employees) : "",
      city: name.slice(0, 2),
      phone: `0${whole(512, 579)}-8${String(whole(0, 9999999)).padStart(7, "0")}`,
      owner: pick(reps),
    };
  });
}

function contacts(companies) {
  let number = 0;
  return companies.flatMap((company) => Array.from({ length: whole(1, 3) }, () => {
    number += 1;
    const influence = pick(Object.keys(positions));
    return {
      ref: `p${number}`, name: pick(surnames) + pick(givenNames), account: company.ref, position: pick(positions[influence]), influence,
      mobile: `13${whole(0, 9)}${String(whole(0, 99999)).padStart(5, "0")}${String(number).padStart(3, "0")}`,
      email: likely(0.6) ? `p${number}@example.com` : "", owner: company.owner,
    };
  }));
}

function opportunities(companies, people) {
  return Array.from({ length: 80 }, (_, index) => {
    const company = pick(companies);
    const stage = weighted(stages);
    const opened = whole(AS_OF - 300, AS_OF - 15);
    if (stage === "won") company.status = "active";
    return {
      ref: `d${index + 1}`, name: `${company.name.slice(2, 4)}${pick(projects)}`, account: company.ref,
      contact: people.find((person) => person.account === company.ref).ref, stage,
      amount: String(whole(8, 240) * 10000), probability: String(chances[stage]), opened_on: iso(opened),
      expected_on: iso(stage === "won" || stage === "lost" ? whole(opened, AS_OF - 1) : AS_OF + whole(5, 120)),
      lost_reason: stage === "lost" ? pick(["price", "feature", "rival", "cancelled"]) : "", owner: company.owner,
    };
  });
}

function quotes(deals) {
  return deals.filter((deal) => ["proposal", "negotiation", "won"].includes(deal.stage)).map((deal, index) => {
    const discount = weighted([[0, 20], [5, 35], [8, 20], [12, 15], [25, 10]]);
    const chosen = new Map(Array.from({ length: whole(1, 4) }, () => pick(products)));
    return {
      title: `${deal.name}报价`, opportunity: deal.ref,
      lines: JSON.stringify([...chosen].map(([product, price]) => ({ product, quantity: whole(1, 20), price }))),
      discount: String(discount), valid_until: iso(AS_OF + 30 + (index % 30)),
      status: deal.stage === "won" ? "accepted" : deal.stage === "negotiation" ? "approved" : "draft",
      reason: discount > 10 ? "首单，换取样板工程" : "", owner: deal.owner,
    };
  });
}

function activities(deals) {
  const said = [["电话确认需求", "call"], ["上门交流方案", "meeting"], ["产品演示", "demo"], ["发送技术资料", "email"], ["商务条款沟通", "meeting"]];
  const rows = Array.from({ length: 220 }, () => {
    const deal = pick(deals);
    const opened = Math.round(Date.parse(`${deal.opened_on}T00:00:00Z`) / 86400000);
    const [subject, kind] = pick(said);
    return { subject, account: deal.account, opportunity: deal.ref, kind, happened_on: iso(whole(opened, AS_OF - 1)), next_step: likely(0.4) ? "约下次时间" : "", owner: deal.owner };
  });
  return rows.sort((a, b) => (a.happened_on < b.happened_on ? -1 : 1));
}

/** Writes a CSV file (RFC 4180, `\n`): a column for each of `columns`, empty where a row has none. */
function csv(file, columns, rows) {
  const cell = (value) => (/[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
  const text = [columns, ...rows.map((row) => columns.map((column) => cell(String(row[column] ?? ""))))];
  writeFileSync(new URL(file, import.meta.url), `${text.map((row) => row.join(",")).join("\n")}\n`);
}

function json(file, value) {
  writeFileSync(new URL(file, import.meta.url), `${JSON.stringify(value, null, 2)}\n`);
}

const companies = accounts();
const people = contacts(companies);
const deals = opportunities(companies, people);

json("users.json", [
  { login: "ma", name: "马总", email: "ma@example.com", password: "demo", roles: ["director"], department: "office" },
  { login: "qian", name: "钱会计", email: "qian@example.com", password: "demo", roles: ["finance"], department: "office", manager: "ma" },
  { login: "liu", name: "刘经理", email: "liu@example.com", password: "demo", roles: ["sales_manager"], department: "sales", manager: "ma" },
  { login: "zhang", name: "张伟", email: "zhang@example.com", password: "demo", roles: ["sales_rep"], department: "sales", manager: "liu" },
  { login: "he", name: "何静", email: "he@example.com", password: "demo", roles: ["sales_rep"], department: "sales", manager: "liu" },
]);
json("departments.json", [
  { key: "office", title: "总经理办公室", head: "ma" },
  { key: "sales", title: "销售部", parent: "office", head: "liu" },
]);
csv("account.csv", ["ref", "name", "industry", "status", "source", "annual_revenue", "employees", "city", "phone", "owner"], companies);
csv("contact.csv", ["ref", "name", "account", "position", "influence", "mobile", "email", "owner"], people);
csv("opportunity.csv", ["ref", "name", "account", "contact", "stage", "amount", "probability", "opened_on", "expected_on", "lost_reason", "owner"], deals);
csv("quote.csv", ["title", "opportunity", "lines", "discount", "valid_until", "status", "reason", "owner"], quotes(deals));
csv("activity.csv", ["subject", "account", "opportunity", "kind", "happened_on", "next_step", "owner"], activities(deals));
