/** A signature, drawn with finger, pen or mouse, or written by name where neither is at hand; stored as a picture. A chunk of its own. */
import { Button, Input } from "antd";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import SignaturePad from "signature_pad";
import { fileAddress } from "@/api/files";
import type { FileRef } from "@/definition/schema";
import { useLatest } from "@/ui/useLatest";
import type { InputProps } from "./types";
import { useUploads } from "./useUploads";

const INK = "#20241f";
const HAND = '"Kaiti SC", KaiTi, STKaiti, "Noto Serif CJK SC", cursive';

export function SignatureInput(props: InputProps) {
  const { t } = useTranslation("workspace");
  const { id, field, value, onChange, onBusy, required, describedBy, invalid } = props;
  const stored = typeof value === "object" && value !== null ? (value as FileRef) : undefined;
  const [isDrawing, setDrawing] = useState(false);
  const { uploads, start, retry, stop } = useUploads({ onDone: (file) => { onChange(file); setDrawing(false); }, onBusy });
  const upload = uploads[0];
  const send = (file: Blob) => {
    for (const old of uploads) stop(old);
    start([{ file, name: "signature.png" }]);
  };
  return (
    <div id={id} className="kz-signature" role="group" aria-label={field.title} aria-describedby={describedBy} data-invalid={invalid || undefined} tabIndex={-1}>
      {stored && !isDrawing ? (
        <>
          <img src={fileAddress(stored.id)} alt={t("signature.of", { field: field.title })} />
          <span className="kz-beside">
            <Button onClick={() => setDrawing(true)}>{t("signature.again")}</Button>
            {!required && <Button type="text" onClick={() => onChange(null)}>{t("signature.clear")}</Button>}
          </span>
        </>
      ) : (
        <Pad isBusy={upload !== undefined && !upload.problem} onDone={send} onCancel={stored && (() => setDrawing(false))} />
      )}
      {upload?.problem && (
        <p className="kz-error" role="alert">
          {upload.problem.detail || upload.problem.title || t(upload.problem.status === 0 ? "problem.unreachable" : "file.failed")}{" "}
          <Button size="small" onClick={() => retry(upload)}>{t("action.retry")}</Button>
        </p>
      )}
    </div>
  );
}

type PadProps = { isBusy: boolean; onDone: (file: Blob) => void; onCancel: (() => void) | undefined };

function Pad({ isBusy, onDone, onCancel }: PadProps) {
  const { t } = useTranslation("workspace");
  const canvas = useRef<HTMLCanvasElement>(null);
  const pad = useRef<SignaturePad>(undefined);
  const [name, setName] = useState("");
  const [isEmpty, setEmpty] = useState(true);
  const written = useLatest(name);
  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    pad.current = new SignaturePad(element, { penColor: INK });
    pad.current.addEventListener("endStroke", () => setEmpty(false));
    const fit = () => {
      if (scale(element, pad.current) && written.current !== "") writeName(element, written.current);
    };
    fit();
    const watcher = new ResizeObserver(fit);
    watcher.observe(element);
    return () => {
      watcher.disconnect();
      pad.current?.off();
    };
  }, [written]);
  const clear = () => {
    pad.current?.clear();
    setName("");
    setEmpty(true);
  };
  const undo = () => {
    const strokes = pad.current?.toData() ?? [];
    pad.current?.fromData(strokes.slice(0, -1));
    setName("");
    setEmpty(strokes.length < 2);
  };
  const write = (text: string) => {
    setName(text);
    pad.current?.clear();
    if (canvas.current) writeName(canvas.current, text);
    setEmpty(text.trim() === "");
  };
  return (
    <>
      <canvas ref={canvas} className="kz-pad" role="img" aria-label={t("signature.here")} />
      <Input aria-label={t("signature.byName")} placeholder={t("signature.byName")} autoComplete="off" maxLength={40} value={name} onChange={(event) => write(event.target.value)} />
      <span className="kz-beside">
        <Button type="primary" disabled={isEmpty} loading={isBusy} onClick={() => canvas.current?.toBlob((file) => file && onDone(file), "image/png")}>{t("signature.take")}</Button>
        <Button disabled={isEmpty || name !== ""} onClick={undo}>{t("signature.undo")}</Button>
        <Button disabled={isEmpty} onClick={clear}>{t("signature.wipe")}</Button>
        {onCancel && <Button type="text" onClick={onCancel}>{t("action.cancel")}</Button>}
      </span>
    </>
  );
}

/** As many dots as the screen has; what was drawn is drawn again at the new size. False where that is the old one. */
function scale(element: HTMLCanvasElement, pad: SignaturePad | undefined): boolean {
  const ratio = Math.max(globalThis.devicePixelRatio, 1);
  const [width, height] = [Math.round(element.offsetWidth * ratio), Math.round(element.offsetHeight * ratio)];
  if (element.width === width && element.height === height) return false;
  const strokes = pad?.toData() ?? [];
  element.width = width;
  element.height = height;
  element.getContext("2d")?.scale(ratio, ratio);
  pad?.clear();
  pad?.fromData(strokes);
  return true;
}

function writeName(element: HTMLCanvasElement, text: string): void {
  const pen = element.getContext("2d");
  if (!pen) return;
  const [width, height] = [element.offsetWidth, element.offsetHeight];
  pen.fillStyle = INK;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.font = `${Math.round(height / 2)}px ${HAND}`;
  pen.fillText(text, width / 2, height / 2, width * 0.9);
}
