// Writes divisions.csv from the package @vant/area-data, which keeps the codes of the Ministry of Civil Affairs and the
// National Bureau of Statistics (GB/T 2260) under the MIT licence, copyright Youzan and contributors.
//
//   npm pack @vant/area-data@2.1.0 && tar xzf vant-area-data-2.1.0.tgz
//   node make.mjs package/dist/index.cjs > divisions.csv
//
// A code is as long as its level asks: 33 a province, 3301 a city, 330106 a district.
import { createRequire } from "node:module";

const { areaList } = createRequire(import.meta.url)(new URL(process.argv[2], `file://${process.cwd()}/`).pathname);
const level = (list, length) => Object.entries(list).map(([code, name]) => `${code.slice(0, length)},${name}`);
const lines = [...level(areaList.province_list, 2), ...level(areaList.city_list, 4), ...level(areaList.county_list, 6)];
process.stdout.write(`${lines.toSorted().join("\n")}\n`);
