/** What an address at the door tells, and what devices are called. */

const TOLD = ["session.network", "oidc.denied", "oidc.step", "oidc.refused", "oidc.unreachable", "oidc.unlinked", "oidc.linked", "session.too_many", "session.prove_again"];

/** The words for a code that came with an address; an unknown one is told as a failure, never shown as it is. */
export function toldProblem(code: string | null, t: (key: string) => string): string | undefined {
  if (code === null) return undefined;
  return t(`security.told.${TOLD.includes(code) ? code.replace(".", "_") : "other"}`);
}

/** `Mozilla/5.0 (Windows …) … Edg/…` → `Edge · Windows`: enough to know one's own devices by. */
export function deviceName(agent: string): string {
  const find = (known: [RegExp, string][]) => known.find(([pattern]) => pattern.test(agent))?.[1];
  const browser = find([[/wxwork/i, "企业微信"], [/MicroMessenger/, "微信"], [/DingTalk/i, "钉钉"], [/Lark|Feishu/i, "飞书"], [/Edg(e|A|iOS)?\//, "Edge"], [/OPR\//, "Opera"], [/Firefox|FxiOS/, "Firefox"], [/Chrome|CriOS/, "Chrome"], [/Safari\//, "Safari"]]);
  const system = find([[/HarmonyOS|OpenHarmony/, "HarmonyOS"], [/Windows/, "Windows"], [/iPhone|iPad/, "iOS"], [/Android/, "Android"], [/Mac OS X|Macintosh/, "macOS"], [/CrOS/, "ChromeOS"], [/Linux/, "Linux"]]);
  return [browser, system].filter(Boolean).join(" · ") || agent.slice(0, 40);
}

/** `10.0.0.0/8, 203.0.113.7` or one a line → the networks. */
export function networksIn(text: string): string[] {
  return text.split(/[\s,，;；]+/).filter((part) => part !== "");
}
