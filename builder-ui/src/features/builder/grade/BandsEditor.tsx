/** From how many points a letter is given; kept best first. Half-typed numbers wait until the input is left. */
import { DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { Button, InputNumber } from "antd";
import { useTranslation } from "react-i18next";
import { type Band, setBands } from "@/definition/grade";
import { useRun } from "../draft/context";
import { PlainText } from "../parts/fields";

export function BandsEditor({ bands, path }: { bands: readonly Band[]; path: string }) {
  const { t } = useTranslation("builder");
  const run = useRun(path);
  const add = () => {
    const top = bands[0]?.at_least ?? 0;
    const free = [..."ABCDEFGSX"].find((letter) => !bands.some((band) => band.letter === letter)) ?? "?";
    run(setBands([...bands, { letter: free, at_least: top + 10 }]));
  };
  return (
    <>
      <ul className="kzb-bands">
        {bands.map(({ letter, at_least }, index) => (
          <li key={`${index}/${at_least}`}>
            <PlainText ariaLabel={t("grade.letterOf", { number: index + 1 })} value={letter} onChange={(text) => run(setBands(bands.with(index, { letter: text, at_least })))} />
            <span className="kzb-word">{t("grade.from")}</span>
            <InputNumber
              aria-label={t("grade.fromOf", { letter })}
              precision={0}
              changeOnWheel={false}
              defaultValue={at_least}
              onBlur={(event) => {
                const typed = Number.parseInt(event.target.value, 10);
                if (Number.isInteger(typed) && typed !== at_least) run(setBands(bands.with(index, { letter, at_least: typed })));
              }}
              onPressEnter={(event) => event.currentTarget.blur()}
            />
            <span className="kzb-word">{t("grade.pointsUnit")}</span>
            <Button size="small" type="text" icon={<DeleteOutlined aria-hidden />} disabled={bands.length === 1} aria-label={t("remove", { what: letter })} onClick={() => run(setBands(bands.toSpliced(index, 1)))} />
          </li>
        ))}
      </ul>
      <Button type="dashed" size="small" icon={<PlusOutlined aria-hidden />} onClick={add}>
        {t("grade.addBand")}
      </Button>
    </>
  );
}
