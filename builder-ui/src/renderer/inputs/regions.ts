/**
 * The divisions of China, 省市区, as a tree of codes: two digits for a province, four for a city,
 * six for a county, each beginning with the code above it. Some forty kilobytes: only ever loaded on demand.
 */
import { areaList } from "@vant/area-data";

export type Region = { value: string; label: string; children?: Region[] };

/** Codes as long as their level asks: `330000` of a province is `33`. */
const PROVINCE = 2;
const CITY = 4;
const COUNTY = 6;

let made: Region[] | undefined;

export function regions(): Region[] {
  made ??= level(areaList.province_list, PROVINCE).map((province) => ({ ...province, children: citiesOf(province.value) }));
  return made;
}

/** `["33", "3301"]` → `["浙江省", "杭州市"]`; a code that is not known stands for itself. */
export function regionNames(codes: readonly string[]): string[] {
  let among: Region[] = regions();
  return codes.map((code) => {
    const found = among.find((region) => region.value === code);
    among = found?.children ?? [];
    return found?.label ?? code;
  });
}

/** Every division's name by its code. */
export function namesOfRegions(): Record<string, string> {
  const among = (options: Region[]): [string, string][] => options.flatMap(({ value, label, children = [] }) => [[value, label] as [string, string], ...among(children)]);
  return Object.fromEntries(among(regions()));
}

function citiesOf(province: string): Region[] {
  return level(areaList.city_list, CITY, province).map((city) => {
    const children = level(areaList.county_list, COUNTY, city.value);
    return children.length > 0 ? { ...city, children } : city;
  });
}

function level(list: Record<string, string>, length: number, above = ""): Region[] {
  return Object.entries(list)
    .filter(([code]) => code.startsWith(above))
    .map(([code, label]) => ({ value: code.slice(0, length), label }));
}
