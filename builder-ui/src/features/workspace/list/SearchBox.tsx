/** The search box of a list; it waits for typing to rest and for a composition to end. */
import { SearchOutlined } from "@ant-design/icons";
import { Input } from "antd";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { isComposing } from "@/lib/composing";

const REST_MS = 350;

type SearchBoxProps = { value: string; onSearch: (q: string) => void };

export function SearchBox({ value, onSearch }: SearchBoxProps) {
  const { t } = useTranslation("workspace");
  const [text, setText] = useState(value);
  const [known, setKnown] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  if (known !== value) {
    setKnown(value);
    setText(value);
  }
  useEffect(() => () => clearTimeout(timer.current), []);
  const search = (next: string, rest: number) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      setKnown(next.trim());
      if (next.trim() !== value) onSearch(next.trim());
    }, rest);
  };
  const type = (next: string) => {
    setText(next);
    if (!isComposing()) search(next, REST_MS);
  };
  return (
    <Input
      className="kz-search"
      type="search"
      allowClear
      prefix={<SearchOutlined aria-hidden />}
      aria-label={t("list.search")}
      placeholder={t("list.search")}
      value={text}
      onChange={(event) => type(event.target.value)}
      onCompositionEnd={(event) => search(event.currentTarget.value, REST_MS)}
      onPressEnter={(event) => {
        if (!event.nativeEvent.isComposing) search(text, 0);
      }}
    />
  );
}
