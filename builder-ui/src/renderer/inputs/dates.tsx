/** Date and time inputs; a chunk of its own, loaded when a form has one. An instant is entered in the workspace's zone. */
import { DatePicker } from "antd";
import dayjs from "dayjs";
import timezone from "dayjs/plugin/timezone";
import utc from "dayjs/plugin/utc";
import { useTranslation } from "react-i18next";
import { useRendering } from "../context";
import { aria, type InputProps } from "./types";

dayjs.extend(utc);
dayjs.extend(timezone);

export function DateInput(props: InputProps) {
  const { t } = useTranslation("workspace");
  const { value, onChange, invalid } = props;
  const day = typeof value === "string" && value !== "" ? dayjs(value) : null;
  return (
    <DatePicker
      {...aria(props)}
      className="kz-wide"
      value={day?.isValid() ? day : null}
      placeholder={t("input.chooseDate")}
      status={invalid ? "error" : undefined}
      onChange={(next) => onChange(next ? next.format("YYYY-MM-DD") : null)}
    />
  );
}

export function DateTimeInput(props: InputProps) {
  const { t } = useTranslation("workspace");
  const { app } = useRendering();
  const { value, onChange, invalid } = props;
  const wall = typeof value === "string" && value !== "" ? dayjs(dayjs(value).tz(app.zone).format("YYYY-MM-DDTHH:mm:ss")) : null;
  return (
    <DatePicker
      {...aria(props)}
      className="kz-wide"
      showTime={{ format: "HH:mm" }}
      format="YYYY-MM-DD HH:mm"
      value={wall?.isValid() ? wall : null}
      placeholder={t("input.chooseTime")}
      status={invalid ? "error" : undefined}
      onChange={(next) => onChange(next ? dayjs.tz(next.format("YYYY-MM-DDTHH:mm:ss"), app.zone).toISOString() : null)}
    />
  );
}
