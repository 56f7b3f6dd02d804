/**
 * Writes the sample data of this template: `node generate.mjs`.
 *
 * In:  `chain.mjs` (the invented chain) and `SEED`.
 * Out: the CSV files, `users.json` and `departments.json` beside this file.
 * Running it twice gives the same bytes. All dates end on `AS_OF`, which `manifest.json` repeats;
 * the installer shifts them so that this day becomes the day of installation.
 */

import { writeFileSync } from "node:fs";
import { chance } from "./chance.mjs";
import * as chain from "./chain.mjs";

const SEED = 20261120;
const AS_OF = day("2026-11-20");
const OPENING = day("2022-11-21");
const MEMBERS = 4980;
const ORDERS = 40000;

const { next, whole, pick, weighted, likely, normal } = chance(SEED);

/** Days since 1970 of an ISO date, and back. */
function day(text) { return Math.round(Date.parse(`${text}T00:00:00Z`) / 86400000); }
function iso(days) { return new Date(days * 86400000).toISOString().slice(0, 10); }
function pad(number, width) { return String(number).padStart(width, "0"); }

/** How much is sold on a day, relative to others. */
function bustle(days) {
  const date = new Date(days * 86400000);
  return chain.season[date.getUTCMonth()] * chain.week[date.getUTCDay()];
}

/** A day between two days, busy days more often. */
function tradingDay(from, to) {
  for (;;) {
    const candidate = whole(from, to);
    if (next() * 2.64 < bustle(candidate)) return candidate;
  }
}

const clerksOf = (shop) => chain.staff[shop.ref].clerks.map(([login]) => login);
const managerOf = (shop) => chain.staff[shop.ref].manager[0];

function personName(gender) {
  const surname = weighted(chain.surnames);
  const first = pick(chain.given[gender]);
  return likely(0.72) ? surname + first + pick(chain.given[gender]) : surname + first;
}

const phonesTaken = new Set();
function phone() {
  for (;;) {
    const number = pick(chain.prefixes) + pad(whole(0, 99999999), 8);
    if (phonesTaken.has(number)) continue;
    phonesTaken.add(number);
    return number;
  }
}

/** A birthday kept by the solar or by the lunar calendar; older people keep the lunar one more often. */
function birthday() {
  const year = Math.round(Math.min(2007, Math.max(1948, 1988 + normal() * 11)));
  if (likely(0.12)) return {};
  if (!likely(year < 1980 ? 0.45 : 0.18)) return { birthday: `${year}-${pad(whole(1, 12), 2)}-${pad(whole(1, 28), 2)}` };
  const lunar = { birthday_calendar: "lunar" };
  if (likely(0.02)) {
    const [leapYear, month] = pick(chain.leapMonths);
    return { ...lunar, lunar_birthday: `${leapYear}-L${pad(month, 2)}-${pad(whole(1, 29), 2)}` };
  }
  return { ...lunar, lunar_birthday: `${year}-${pad(whole(1, 12), 2)}-${pad(whole(1, 29), 2)}` };
}

/** One member, with `appetite` (how much they buy) and `until` (their last possible day) for our own use. */
function member(index) {
  const shop = weighted(chain.shops.map((each) => [each, each.weight]));
  const gender = likely(0.78) ? "female" : "male";
  const joined = tradingDay(Math.max(OPENING, day(shop.opened)), AS_OF - 1);
  const stays = likely(0.6);
  const owner = pick(clerksOf(shop));
  const number = phone();
  return {
    ref: `c${index}`,
    name: personName(gender),
    card_no: `88${pad(shop.ref.slice(1), 2)}${pad(100000 + index, 6)}`,
    phone: number,
    email: likely(0.16) ? `m${number.slice(3)}@example.com` : "",
    gender,
    ...birthday(),
    preference: weighted(chain.preferences),
    region: shop.region,
    shop: shop.ref,
    source: weighted([["", 62], ["wechat", 20], ["referral", 8], ["online", 7], ["event", 3]]),
    consent: likely(0.71) ? "true" : "",
    do_not_disturb: likely(0.03) ? "true" : "",
    joined_on: iso(joined),
    last_plan_on: iso(whole(Math.max(joined, AS_OF - 29), AS_OF - 1)),
    owner,
    appetite: Math.exp(normal() * 1.05),
    until: stays ? AS_OF - 1 : whole(joined, AS_OF - 1),
    joined,
    store: shop,
  };
}

/** A company that buys for its staff: few orders, large ones, on credit. */
function company([name, short], index) {
  const shop = chain.shops[index % chain.shops.length];
  const joined = whole(Math.max(OPENING, day(shop.opened)), AS_OF - 300);
  return {
    ref: `g${index + 1}`,
    name,
    code: `TG${pad(index + 1, 4)}`,
    category: "corporate",
    short_name: short,
    phone: phone(),
    landline: `${shop.phone.split("-")[0]}-8${pad(whole(0, 9999999), 7)}`,
    email: `buy${index + 1}@example.com`,
    region: shop.region,
    address: `${shop.city}市${pick(["人民路", "解放路", "中山路", "建设路"])} ${whole(1, 300)} 号`,
    credit_limit: `${pick([20000, 50000, 80000, 100000])}`,
    shop: shop.ref,
    consent: "true",
    joined_on: iso(joined),
    last_plan_on: iso(whole(AS_OF - 13, AS_OF - 1)),
    owner: managerOf(shop),
    appetite: 0.9 + next(),
    until: AS_OF - 1,
    joined,
    store: shop,
    bulk: true,
  };
}

/** Shares `ORDERS` out: most members buy now and then, a few very often. */
function orderCounts(customers) {
  const drive = customers.map((each) => each.appetite * Math.sqrt((each.until - each.joined + 20) / 365));
  const total = drive.reduce((sum, each) => sum + each, 0);
  const counts = drive.map((each) => Math.min(140, Math.floor((each / total) * ORDERS)));
  let left = ORDERS - counts.reduce((sum, each) => sum + each, 0);
  for (let index = 0; left > 0; index = (index + 1) % counts.length) {
    if (!likely(0.5)) continue;
    counts[index] += 1;
    left -= 1;
  }
  return counts;
}

function lines(customer) {
  const kinds = weighted([[1, 78], [2, 17], [3, 5]]);
  const chosen = new Map();
  for (let index = 0; index < kinds; index += 1) {
    const category = customer.preference && likely(0.6) ? customer.preference : weighted(chain.preferences);
    const [product, price] = pick(chain.goods[category]);
    const quantity = customer.bulk ? whole(5, 16) : weighted([[1, 82], [2, 14], [3, 4]]);
    chosen.set(product, { product, category, quantity, price });
  }
  return [...chosen.values()];
}

/** What is taken off: on one order in twenty, and little on goods that are sold at nearly fixed prices. */
function discountOn(bought, total) {
  if (!likely(0.05)) return 0;
  const share = Math.min(...bought.map((each) => chain.discountShare[each.category] ?? 0.15));
  return Math.floor(total * pick([0.05, 0.1, 0.15].filter((each) => each <= share)));
}

/** The state of an order; the plain one, completed, is the field's default and stays out of the file. */
function progress(date, total) {
  const recent = AS_OF - date < 4;
  const status = weighted(recent ? [["", 60], ["paid", 34], ["pending", 6]] : [["", 965], ["refunded", 20], ["cancelled", 15]]);
  return { status, refund: status === "refunded" ? String(total) : "" };
}

function orders(customers) {
  const rows = [];
  orderCounts(customers).forEach((count, index) => {
    const customer = customers[index];
    for (let nth = 0; nth < count; nth += 1) {
      const date = nth === 0 && likely(0.7) ? customer.joined : tradingDay(customer.joined, customer.until);
      rows.push({ customer, date });
    }
  });
  rows.sort((a, b) => a.date - b.date || (a.customer.ref < b.customer.ref ? -1 : 1));
  const counters = {};
  return rows.map(({ customer, date }) => {
    const { code, ref } = customer.store;
    counters[code] = (counters[code] ?? 0) + 1;
    const bought = lines(customer);
    const total = bought.reduce((sum, each) => sum + each.quantity * each.price, 0);
    const discount = discountOn(bought, total);
    return {
      ref: "",
      ticket_no: `${code}${pad(counters[code], 5)}`,
      customer: customer.ref,
      shop: ref,
      ordered_on: iso(date),
      lines: JSON.stringify(bought),
      discount: discount > 0 ? String(discount) : "",
      ...progress(date, total - discount),
      owner: customer.owner,
      holder: customer,
      date,
    };
  });
}

function cards(customers) {
  return customers.filter((each) => each.card_no && likely(0.62)).map((each) => ({
    card_no: each.card_no,
    customer: each.ref,
    tier: weighted([["", 70], ["silver", 20], ["gold", 8], ["diamond", 2]]),
    issued_on: each.joined_on,
    expires_on: iso(each.joined + 365 * 5),
    status: weighted([["", 96], ["lost", 2], ["frozen", 2]]),
    owner: each.owner,
  }));
}

function interactions(customers) {
  const rows = [];
  for (let index = 0; index < 640; index += 1) {
    const customer = pick(customers);
    const [subject, content, result] = pick(chain.talks);
    rows.push({
      subject,
      customer: customer.ref,
      channel: weighted([["call", 46], ["wechat", 36], ["visit", 14], ["email", 4]]),
      contacted_on: iso(whole(Math.max(customer.joined, AS_OF - 120), AS_OF - 1)),
      result,
      content,
      owner: customer.owner,
    });
  }
  return rows.sort((a, b) => (a.contacted_on < b.contacted_on ? -1 : 1));
}

function complaints(sold) {
  const recent = sold.filter((each) => AS_OF - each.date < 400 && each.status === "");
  const rows = [];
  for (let index = 0; index < 180; index += 1) {
    const order = pick(recent);
    order.ref ||= order.ticket_no.toLowerCase();
    const [subject, category, description, resolution] = pick(chain.grievances);
    const received = Math.min(AS_OF - 1, order.date + whole(0, 20));
    const status = AS_OF - received < 5 ? "pending" : weighted([["closed", 78], ["approved", 12], ["rejected", 10]]);
    rows.push({
      subject,
      customer: order.customer,
      order: order.ref,
      shop: order.shop,
      category,
      severity: weighted([["", 60], ["low", 25], ["high", 15]]),
      description,
      compensation: likely(0.55) ? String(pick([20, 50, 69, 100, 200])) : "",
      received_on: iso(received),
      status: status === "pending" ? "" : status,
      resolution: status === "pending" ? "" : status === "rejected" ? "经核实商品与服务无误，已向会员说明。" : resolution,
      satisfaction: status === "closed" ? weighted([["satisfied", 62], ["fair", 28], ["dissatisfied", 10]]) : "",
      owner: order.owner,
    });
  }
  return rows.sort((a, b) => (a.received_on < b.received_on ? -1 : 1));
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

function people() {
  const account = (login, name, role, department, manager) =>
    ({ login, name, email: `${login}@example.com`, password: "demo", roles: [role], department, ...(manager ? { manager } : {}) });
  const { headquarters } = chain.staff;
  const head = headquarters[0][0];
  json("users.json", [
    ...headquarters.map(([login, name], index) => account(login, name, "headquarters", "headquarters", index > 0 ? head : undefined)),
    ...chain.shops.flatMap((shop) => {
      const { manager, clerks } = chain.staff[shop.ref];
      return [account(...manager, "shop_manager", shop.key, head), ...clerks.map((clerk) => account(...clerk, "clerk", shop.key, manager[0]))];
    }),
  ]);
  json("departments.json", [
    { key: "headquarters", title: "总部", head },
    ...chain.shops.map((shop) => ({ key: shop.key, title: shop.name, parent: "headquarters", head: managerOf(shop) })),
  ]);
}

const customers = [...chain.companies.map(company), ...Array.from({ length: MEMBERS }, (_, index) => member(index + 1))];
const sold = orders(customers);
const grievances = complaints(sold);

people();
csv("shop.csv", ["ref", "code", "name", "region", "city", "address", "phone", "opened_on", "manager", "owner"],
  chain.shops.map((shop) => ({ ...shop, opened_on: shop.opened, manager: managerOf(shop), owner: managerOf(shop) })));
csv("customer.csv", ["ref", "name", "code", "category", "short_name", "card_no", "phone", "landline", "email", "gender", "birthday_calendar", "birthday", "lunar_birthday", "preference", "region", "address", "shop", "source", "credit_limit", "consent", "do_not_disturb", "joined_on", "last_plan_on", "owner"], customers);
csv("member_card.csv", ["card_no", "customer", "tier", "issued_on", "expires_on", "status", "owner"], cards(customers));
csv("order.csv", ["ref", "ticket_no", "customer", "shop", "ordered_on", "lines", "discount", "status", "refund", "owner"], sold);
csv("interaction.csv", ["subject", "customer", "channel", "contacted_on", "result", "content", "owner"], interactions(customers));
csv("complaint.csv", ["subject", "customer", "order", "shop", "category", "severity", "description", "compensation", "received_on", "status", "resolution", "satisfaction", "owner"], grievances);
