/** An address: the division from a cascader, and what stands below it as text. A chunk of its own, with the names of all divisions. */
import { Cascader, Input } from "antd";
import { useTranslation } from "react-i18next";
import type { AddressValue } from "@/definition/schema";
import { regions } from "./regions";
import { aria, type InputProps } from "./types";

/** A cascade without options of its own: a division, 省市区. */
export function RegionInput(props: InputProps) {
  const { t } = useTranslation("workspace");
  const { value, onChange, required, invalid } = props;
  return (
    <Cascader {...aria(props)} className="kz-wide" options={regions()} value={Array.isArray(value) ? (value as string[]) : undefined} changeOnSelect allowClear={!required} showSearch={{ matchInputWidth: false }} classNames={{ popup: { root: "kz-cascade" } }}
      placeholder={t("address.region")} status={invalid ? "error" : undefined} onChange={(codes) => onChange((codes as string[] | undefined)?.length ? codes : null)} />
  );
}

export function AddressInput(props: InputProps) {
  const { t } = useTranslation("workspace");
  const { id, field, value, onChange, invalid, describedBy, required } = props;
  const address = (typeof value === "object" && value !== null ? value : {}) as AddressValue;
  const status = invalid ? "error" : undefined;
  const change = (part: Partial<AddressValue>) => {
    const { region = [], detail = "" } = { ...address, ...part };
    const next: AddressValue = { ...(region.length > 0 ? { region } : {}), ...(detail === "" ? {} : { detail }) };
    onChange(Object.keys(next).length > 0 ? next : null);
  };
  return (
    <div className="kz-address" role="group" aria-label={field.title} aria-describedby={describedBy}>
      <Cascader
        {...aria(props)}
        aria-label={t("address.region")}
        className="kz-wide"
        options={regions()}
        value={address.region}
        changeOnSelect
        allowClear={!required}
        showSearch={{ matchInputWidth: false }} classNames={{ popup: { root: "kz-cascade" } }}
        placeholder={t("address.region")}
        status={status}
        onChange={(codes) => change({ region: (codes as string[] | undefined) ?? [] })}
      />
      <Input.TextArea id={`${id}-detail`} aria-label={t("address.detail")} placeholder={t("address.detail")} autoSize={{ minRows: 1, maxRows: 4 }} autoComplete="street-address" maxLength={500}
        value={address.detail ?? ""} status={status} onChange={(event) => change({ detail: event.target.value })} />
    </div>
  );
}
