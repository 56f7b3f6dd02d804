/** Values that are a mark and a word: a colour, stars, a place on the map. */
import { useTranslation } from "react-i18next";
import type { PlaceValue } from "@/definition/schema";
import { currentLanguage } from "@/lib/i18n";

export function Colour({ value }: { value: string }) {
  return (
    <span className="kz-colour">
      <span className="kz-swatch" style={{ background: value }} aria-hidden />
      <span className="kz-code">{value}</span>
    </span>
  );
}

export function Stars({ given, max }: { given: number; max: number }) {
  const { t } = useTranslation("workspace");
  const full = Math.max(0, Math.min(max, Math.round(given)));
  return (
    <span className="kz-stars">
      <span aria-hidden>{"★".repeat(full)}<span className="kz-stars-rest">{"★".repeat(max - full)}</span></span>
      <span className="kz-quiet kz-figure"><span className="kz-sr">{t("rating.said")} </span>{given}/{max}</span>
    </span>
  );
}

/** The two numbers, and outside tables the way to a map; nobody is told of the place unless the link is followed. */
export function Place({ value: { lat, lng }, compact }: { value: PlaceValue; compact: boolean }) {
  const { t } = useTranslation("workspace");
  const words = `${lat}, ${lng}`;
  if (compact) return <span className="kz-figure">{words}</span>;
  return (
    <span className="kz-figure">
      {words} <a href={mapAddress(lat, lng)} target="_blank" rel="noreferrer noopener">{t("location.map")}</a>
    </span>
  );
}

/** 高德 for readers of Chinese, which takes positions of satellites as they are; OpenStreetMap for others. */
function mapAddress(lat: number, lng: number): string {
  if (currentLanguage() === "en") return `https://www.openstreetmap.org/?mlat=${lat}&mlon=${lng}#map=16/${lat}/${lng}`;
  return `https://uri.amap.com/marker?position=${lng},${lat}&coordinate=wgs84`;
}
