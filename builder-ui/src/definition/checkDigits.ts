/** The two Chinese numbers that carry a check character: 居民身份证号 (GB 11643) and 统一社会信用代码 (GB 32100). */
import { isDate } from "./time";

const PROVINCES = [[11, 15], [21, 23], [31, 37], [41, 46], [50, 54], [61, 65], [71, 71], [81, 83]] as const;
const ID_WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const ID_CHECKS = "10X98765432";
const COMPANY_LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY";
const COMPANY_WEIGHTS = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];

/** Full-width digits and letters as Chinese keyboards give them become plain, small letters capital, spaces go. */
export function plainCode(text: string): string {
  return text
    .replace(/[\uff01-\uff5e]/g, (char) => String.fromCharCode(char.charCodeAt(0) - 0xfee0))
    .replace(/\s/g, "")
    .toUpperCase();
}

/** What is wrong first, as the engine's code `record.id_card_…`; `undefined` where nothing is. */
export function idCardFault(written: string): string | undefined {
  const text = written.trim().toUpperCase();
  if (Array.from(text).length !== 18) return "record.id_card_length";
  if (!/^\d{17}[\dX]$/.test(text)) return "record.id_card_letters";
  // Permanent residents from abroad have a 9 before the province.
  if (!isProvince(text.slice(0, 2)) && !(text.startsWith("9") && isProvince(text.slice(1, 3)))) return "record.id_card_region";
  const year = Number(text.slice(6, 10));
  if (year < 1850 || year > 2100 || !isDate(birthdayIn(text))) return "record.id_card_birth";
  const sum = ID_WEIGHTS.reduce((total, weight, index) => total + weight * Number(text[index]), 0);
  return ID_CHECKS[sum % 11] === text[17] ? undefined : "record.id_card_check";
}

/** What is wrong first, as the engine's code `record.company_code_…`; `undefined` where nothing is. */
export function companyCodeFault(written: string): string | undefined {
  const text = written.trim().toUpperCase();
  const places = Array.from(text, (letter) => COMPANY_LETTERS.indexOf(letter));
  if (places.length !== 18) return "record.company_code_length";
  if (places.includes(-1)) return "record.company_code_letters";
  const region = text.slice(2, 8);
  if (!/^\d{6}$/.test(region) || !(isProvince(region.slice(0, 2)) || region.startsWith("10"))) return "record.company_code_region";
  const sum = COMPANY_WEIGHTS.reduce((total, weight, index) => total + weight * (places[index] ?? 0), 0);
  return (31 - (sum % 31)) % 31 === places[17] ? undefined : "record.company_code_check";
}

/** What an identity card says of its bearer: day of birth and sex. `undefined` where the number is wrong. */
export function readIdCard(text: string): { birthday: string; sex: "male" | "female" } | undefined {
  if (idCardFault(text)) return undefined;
  const plain = text.trim();
  return { birthday: birthdayIn(plain), sex: Number(plain[16]) % 2 === 1 ? "male" : "female" };
}

function birthdayIn(text: string): string {
  return `${text.slice(6, 10)}-${text.slice(10, 12)}-${text.slice(12, 14)}`;
}

function isProvince(digits: string): boolean {
  return PROVINCES.some(([from, to]) => Number(digits) >= from && Number(digits) <= to);
}
