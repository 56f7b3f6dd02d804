/** Text with headings, lists, links and tables. The editor is a chunk of its own, loaded when a form has one. */
import {
  BoldOutlined, ItalicOutlined, LinkOutlined, OrderedListOutlined, RedoOutlined, StrikethroughOutlined, TableOutlined, UndoOutlined, UnorderedListOutlined,
} from "@ant-design/icons";
import Image from "@tiptap/extension-image";
import { TableKit } from "@tiptap/extension-table";
import { type Editor, EditorContent, useEditor, useEditorState } from "@tiptap/react";
import StarterKit from "@tiptap/starter-kit";
import { Button, Input, Popover, Space } from "antd";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useLatest } from "@/ui/useLatest";
import { cleanMarkup } from "../markup";
import { aria, type InputProps } from "./types";

const EXTENSIONS = [
  StarterKit.configure({ code: false, codeBlock: false, heading: { levels: [2, 3] }, link: { openOnClick: false, defaultProtocol: "https", protocols: ["mailto", "tel"] } }),
  // Pictures and tables that came in by another way stay when the text is edited.
  Image,
  TableKit.configure({ table: { resizable: false } }),
];

export function RichTextInput(props: InputProps) {
  const { field, value, onChange, invalid } = props;
  const change = useLatest(onChange);
  const [first] = useState(() => asMarkup(value));
  const said = useRef(first);
  const editor = useEditor({
    extensions: EXTENSIONS,
    content: cleanMarkup(first),
    injectCSS: false,
    editorProps: { attributes: attributesOf(props) },
    onUpdate: ({ editor: now }) => {
      said.current = now.isEmpty ? "" : now.getHTML();
      change.current(said.current === "" ? null : said.current);
    },
  });
  useEffect(() => editor.setOptions({ editorProps: { attributes: attributesOf(props) } }), [editor, invalid, props.describedBy]); // oxlint-disable-line react/exhaustive-deps
  // A value that came from elsewhere (restored, undone) replaces what is shown; what was just typed does not come back at the cursor.
  const shown = asMarkup(value);
  useEffect(() => {
    if (shown === said.current) return;
    said.current = shown;
    editor.commands.setContent(cleanMarkup(shown), { emitUpdate: false });
  }, [editor, shown]);
  return (
    <div className="kz-rich" data-invalid={invalid || undefined}>
      <Toolbar editor={editor} label={field.title} />
      <EditorContent editor={editor} className="kz-rich-text kz-markup" />
    </div>
  );
}

function attributesOf(props: InputProps): Record<string, string> {
  const given = Object.entries({ ...aria(props), role: "textbox", "aria-multiline": "true", "aria-label": props.field.title });
  return Object.fromEntries(given.flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])));
}

function asMarkup(value: unknown): string {
  return typeof value === "string" ? value : "";
}

type Tool = { name: string; icon: ReactNode; run: (editor: Editor) => void; isOn?: (editor: Editor) => boolean; isOff?: (editor: Editor) => boolean };

const TOOLS: Tool[][] = [
  [
    { name: "heading", icon: <span aria-hidden>H2</span>, run: (editor) => editor.chain().focus().toggleHeading({ level: 2 }).run(), isOn: (editor) => editor.isActive("heading", { level: 2 }) },
    { name: "subheading", icon: <span aria-hidden>H3</span>, run: (editor) => editor.chain().focus().toggleHeading({ level: 3 }).run(), isOn: (editor) => editor.isActive("heading", { level: 3 }) },
  ],
  [
    { name: "bold", icon: <BoldOutlined aria-hidden />, run: (editor) => editor.chain().focus().toggleBold().run(), isOn: (editor) => editor.isActive("bold") },
    { name: "italic", icon: <ItalicOutlined aria-hidden />, run: (editor) => editor.chain().focus().toggleItalic().run(), isOn: (editor) => editor.isActive("italic") },
    { name: "strike", icon: <StrikethroughOutlined aria-hidden />, run: (editor) => editor.chain().focus().toggleStrike().run(), isOn: (editor) => editor.isActive("strike") },
  ],
  [
    { name: "bullets", icon: <UnorderedListOutlined aria-hidden />, run: (editor) => editor.chain().focus().toggleBulletList().run(), isOn: (editor) => editor.isActive("bulletList") },
    { name: "numbers", icon: <OrderedListOutlined aria-hidden />, run: (editor) => editor.chain().focus().toggleOrderedList().run(), isOn: (editor) => editor.isActive("orderedList") },
    { name: "table", icon: <TableOutlined aria-hidden />, run: (editor) => editor.chain().focus().insertTable({ rows: 3, cols: 3, withHeaderRow: true }).run(), isOff: (editor) => editor.isActive("table") },
  ],
];

const STEPS: Tool[] = [
  { name: "undo", icon: <UndoOutlined aria-hidden />, run: (editor) => editor.chain().focus().undo().run(), isOff: (editor) => !editor.can().undo() },
  { name: "redo", icon: <RedoOutlined aria-hidden />, run: (editor) => editor.chain().focus().redo().run(), isOff: (editor) => !editor.can().redo() },
];

function Toolbar({ editor, label }: { editor: Editor; label: string }) {
  const { t } = useTranslation("workspace");
  return (
    <div className="kz-rich-tools" role="toolbar" aria-label={t("rich.tools", { field: label })}>
      {TOOLS.map((group, index) => <span key={index} className="kz-rich-group">{group.map((tool) => <ToolButton key={tool.name} tool={tool} editor={editor} />)}</span>)}
      <span className="kz-rich-group"><LinkTool editor={editor} /></span>
      <span className="kz-rich-group">{STEPS.map((tool) => <ToolButton key={tool.name} tool={tool} editor={editor} />)}</span>
    </div>
  );
}

function ToolButton({ tool, editor }: { tool: Tool; editor: Editor }) {
  const { t } = useTranslation("workspace");
  const [isOn, isOff] = useEditorState({ editor, selector: ({ editor: now }) => [tool.isOn?.(now) ?? false, tool.isOff?.(now) ?? false] as const });
  const name = t(`rich.${tool.name}`);
  return <Button size="small" type="text" icon={tool.icon} title={name} aria-label={name} aria-pressed={tool.isOn ? isOn : undefined} data-on={isOn || undefined} disabled={isOff} onClick={() => tool.run(editor)} />;
}

/** Sets, changes or takes away the link at the cursor; only web, mail and telephone addresses. */
function LinkTool({ editor }: { editor: Editor }) {
  const { t } = useTranslation("workspace");
  const [isOpen, setOpen] = useState(false);
  const [address, setAddress] = useState("");
  const isOn = useEditorState({ editor, selector: ({ editor: now }) => now.isActive("link") });
  const show = (open: boolean) => {
    if (open) setAddress(String(editor.getAttributes("link")["href"] ?? ""));
    setOpen(open);
  };
  const apply = (href: string) => {
    const chain = editor.chain().focus().extendMarkRange("link");
    if (href === "") chain.unsetLink().run();
    else if (editor.state.selection.empty && !isOn) chain.insertContent({ type: "text", text: href, marks: [{ type: "link", attrs: { href } }] }).run();
    else chain.setLink({ href }).run();
    setOpen(false);
  };
  const href = /^(https?:|mailto:|tel:)/i.test(address) || address === "" ? address : `https://${address}`;
  return (
    <Popover trigger="click" open={isOpen} onOpenChange={show} destroyOnHidden content={
      <Space.Compact>
        <Input autoFocus aria-label={t("rich.address")} placeholder="https://" value={address} onChange={(event) => setAddress(event.target.value)}
          onPressEnter={(event) => { event.preventDefault(); apply(href); }} />
        <Button type="primary" onClick={() => apply(href)}>{t(address === "" ? "rich.unlink" : "rich.setLink")}</Button>
      </Space.Compact>
    }>
      <Button size="small" type="text" icon={<LinkOutlined aria-hidden />} title={t("rich.link")} aria-label={t("rich.link")} aria-pressed={isOn} data-on={isOn || undefined} aria-expanded={isOpen} />
    </Popover>
  );
}
