/** An address as it is written on a parcel. A chunk of its own, with the names of all divisions. */
import type { AddressValue } from "@/definition/schema";
import { regionNames } from "../inputs/regions";

export default function Address({ value: { region = [], detail = "" } }: { value: AddressValue }) {
  const names = regionNames(region);
  // 北京市 北京市 朝阳区 says the city once.
  const place = names.filter((name, index) => name !== names[index - 1]).join("");
  return <span className="kz-lines">{[place, detail].filter((part) => part !== "").join(" ")}</span>;
}
