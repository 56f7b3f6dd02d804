/** A barcode: typed, sent by a hand scanner as if typed, or read with the camera where the browser can. */
import { ScanOutlined } from "@ant-design/icons";
import { Button, Input, Modal, Space } from "antd";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useLatest } from "@/ui/useLatest";
import { aria, type InputProps } from "./types";

type Detector = { detect: (source: HTMLVideoElement) => Promise<{ rawValue: string }[]> };
const REST_MS = 200;

/** The browser's own reader of barcodes; not every browser has one. */
function detector(): Detector | undefined {
  const Known = (globalThis as { BarcodeDetector?: new () => Detector }).BarcodeDetector;
  return Known && navigator.mediaDevices ? new Known() : undefined;
}

export function BarcodeInput(props: InputProps) {
  const { t } = useTranslation("workspace");
  const { value, onChange, invalid, field } = props;
  const [isScanning, setScanning] = useState(false);
  const [reader] = useState(detector);
  return (
    <Space.Compact className="kz-wide">
      <Input {...aria(props)} className="kz-code" autoComplete="off" spellCheck={false} value={typeof value === "string" ? value : ""} status={invalid ? "error" : undefined}
        onChange={(event) => onChange(event.target.value)}
        // A hand scanner ends with Enter; that is no wish to save the form.
        onPressEnter={(event) => event.preventDefault()} />
      {reader && <Button icon={<ScanOutlined aria-hidden />} aria-label={t("barcode.scan", { field: field.title })} onClick={() => setScanning(true)} />}
      {reader && isScanning && (
        <Scanner reader={reader} onClose={() => setScanning(false)} onFound={(code) => { onChange(code); setScanning(false); }} />
      )}
    </Space.Compact>
  );
}

type ScannerProps = { reader: Detector; onFound: (code: string) => void; onClose: () => void };

function Scanner({ reader, onFound, onClose }: ScannerProps) {
  const { t } = useTranslation("workspace");
  const video = useRef<HTMLVideoElement>(null);
  const [isRefused, setRefused] = useState(false);
  const found = useLatest(onFound);
  useEffect(() => {
    let stream: MediaStream | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOpen = true;
    const look = async () => {
      const codes = video.current && video.current.readyState > 1 ? await reader.detect(video.current).catch(() => []) : [];
      if (!isOpen) return;
      if (codes[0]) found.current(codes[0].rawValue);
      else timer = setTimeout(() => void look(), REST_MS);
    };
    navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } }).then(
      (opened) => {
        stream = opened;
        if (!isOpen || !video.current) return stream.getTracks().forEach((track) => track.stop());
        video.current.srcObject = opened;
        void video.current.play();
        void look();
      },
      () => isOpen && setRefused(true),
    );
    return () => {
      isOpen = false;
      clearTimeout(timer);
      stream?.getTracks().forEach((track) => track.stop());
    };
  }, [reader, found]);
  return (
    <Modal open title={t("barcode.aim")} footer={null} onCancel={onClose} width="min(420px, 96vw)">
      {isRefused ? <p role="alert">{t("barcode.noCamera")}</p> : <video ref={video} className="kz-scanner" muted playsInline aria-label={t("barcode.aim")} />}
    </Modal>
  );
}
