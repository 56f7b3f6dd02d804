/** Says something about a record, for everybody who may read it. */
import { Button, Input } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useComment } from "@/api/hooks";
import { ProblemNotice } from "../ProblemNotice";

/** As many letters as the server takes. */
const LONGEST = 4000;

type CommentBoxProps = { entityKey: string; id: string };

export function CommentBox({ entityKey, id }: CommentBoxProps) {
  const { t } = useTranslation("workspace");
  const [text, setText] = useState("");
  const [key, setKey] = useState(() => crypto.randomUUID());
  const comment = useComment(entityKey, id);
  const edit = (words: string) => {
    setText(words);
    setKey(crypto.randomUUID());
  };
  const submit = (event: React.FormEvent) => {
    event.preventDefault();
    if (text.trim() !== "") comment.mutate({ text, key }, { onSuccess: () => edit("") });
  };
  return (
    <form className="kz-comment" onSubmit={submit}>
      <Input.TextArea aria-label={t("comment.label")} placeholder={t("comment.label")} autoSize={{ minRows: 1, maxRows: 8 }} maxLength={LONGEST} value={text} onChange={(event) => edit(event.target.value)} />
      {comment.isError && <ProblemNotice problem={comment.error} />}
      {text.trim() !== "" && <Button type="primary" htmlType="submit" loading={comment.isPending}>{t("comment.go")}</Button>}
    </form>
  );
}
