/** With whom a record is shared: taken back, or shared anew with a person, a role or a department. A chunk of its own. */
import { Button, Checkbox, Modal, Popconfirm, Segmented, Select, Skeleton, Tag } from "antd";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { useDepartments, useUsers } from "@/api/hooks";
import { type AccessLevel, type Share, type ShareTo, useShare, useShares, useUnshare } from "@/api/rights";
import { formatInstant } from "@/lib/format";
import { DateTimeInput as Until } from "@/renderer/inputs/dates";
import { ProblemNotice } from "../ProblemNotice";
import { useSession } from "../session";

type ShareDialogProps = { entityKey: string; id: string; onClose: () => void };
type Sort = "person" | "department";

export default function ShareDialog({ entityKey, id, onClose }: ShareDialogProps) {
  const { t } = useTranslation("workspace");
  const shares = useShares(entityKey, id);
  return (
    <Modal open title={t("share.title")} footer={<Button onClick={onClose}>{t("share.done")}</Button>} onCancel={onClose}>
      <div className="kz-sheet-form">
        {shares.isLoading && <Skeleton active paragraph={{ rows: 2 }} />}
        {shares.isError && <ProblemNotice problem={shares.error} onRetry={() => void shares.refetch()} />}
        {shares.data?.length === 0 && <p className="kz-quiet">{t("share.none")}</p>}
        {shares.data && shares.data.length > 0 && (
          <ul className="kz-shares" aria-label={t("share.title")}>
            {shares.data.map((share) => <ShareLine key={share.id} share={share} entityKey={entityKey} id={id} />)}
          </ul>
        )}
        <NewShareForm entityKey={entityKey} id={id} />
      </div>
    </Modal>
  );
}

function ShareLine({ share, entityKey, id }: { share: Share; entityKey: string; id: string }) {
  const { t } = useTranslation("workspace");
  const { app } = useSession();
  const unshare = useUnshare(entityKey, id);
  const { with: to } = share;
  const name = to.name ?? to.person ?? to.role ?? to.department ?? to.team ?? "";
  const kind = to.person ? "person" : to.role ? "role" : to.team ? "team" : to.below ? "below" : "department";
  return (
    <li data-ended={share.ended || undefined}>
      <span className="kz-share-who">{t(`share.to.${kind}`, { name })}</span>
      <Tag>{t(`share.access.${share.access}`)}</Tag>
      <span className="kz-quiet">{share.until ? t(share.ended ? "share.ended" : "share.until", { at: formatInstant(share.until, app.zone) }) : t("share.always")}</span>
      <Popconfirm title={t("share.takeBackAsk", { name })} okText={t("share.takeBack")} onConfirm={() => unshare.mutateAsync(share.id).catch(() => undefined)}>
        <Button size="small" type="link" danger loading={unshare.isPending}>{t("share.takeBack")}</Button>
      </Popconfirm>
      {unshare.isError && <ProblemNotice problem={unshare.error} />}
    </li>
  );
}

function NewShareForm({ entityKey, id }: { entityKey: string; id: string }) {
  const { t } = useTranslation("workspace");
  const field = useId();
  const share = useShare(entityKey, id);
  const [sort, setSort] = useState<Sort>("person");
  const [whom, setWhom] = useState<string>();
  const [below, setBelow] = useState(false);
  const [access, setAccess] = useState<AccessLevel>("read");
  const [until, setUntil] = useState<string>();
  const options = useOptions(sort);
  const go = () => {
    if (whom === undefined) return;
    const to: ShareTo = sort === "person" ? { person: whom } : { department: whom, below };
    share.mutate({ with: to, access, ...(until && { until }) }, { onSuccess: () => setWhom(undefined) });
  };
  return (
    <fieldset className="kz-ways">
      <legend>{t("share.new")}</legend>
      <Segmented aria-label={t("share.with")} value={sort} options={(["person", "department"] as const).map((value) => ({ value, label: t(`share.sort.${value}`) }))}
        onChange={(next) => { setSort(next); setWhom(undefined); }} />
      <div className="kz-field">
        <label htmlFor={`${field}whom`}>{t("share.with")}</label>
        <Select id={`${field}whom`} value={whom} options={options} showSearch={{ optionFilterProp: "label" }} placeholder={t("input.choose")} onChange={setWhom} />
      </div>
      {sort === "department" && <Checkbox checked={below} onChange={(event) => setBelow(event.target.checked)}>{t("share.below")}</Checkbox>}
      <div className="kz-field">
        <label htmlFor={`${field}access`}>{t("share.may")}</label>
        <Select id={`${field}access`} value={access} options={(["read", "write"] as const).map((value) => ({ value, label: t(`share.access.${value}`) }))} onChange={setAccess} />
      </div>
      <div className="kz-field">
        <label htmlFor={`${field}until`}>{t("share.untilLabel")}</label>
        <Until id={`${field}until`} name="until" field={{ title: t("share.untilLabel"), "x-kind": "datetime" }} value={until} onChange={(next) => setUntil((next as string | null) ?? undefined)}
          required={false} invalid={false} describedBy={undefined} options={undefined} problems={[]} />
      </div>
      {share.isError && <ProblemNotice problem={share.error} />}
      <Button type="primary" disabled={whom === undefined} loading={share.isPending} onClick={go}>{t("share.go")}</Button>
    </fieldset>
  );
}

function useOptions(sort: Sort): { value: string; label: string }[] {
  const users = useUsers(sort === "person").data?.items ?? [];
  const departments = useDepartments(sort === "department").data?.items ?? [];
  return sort === "person" ? users.map((user) => ({ value: user.id, label: user.name })) : departments.map((each) => ({ value: each.id, label: each.title }));
}
