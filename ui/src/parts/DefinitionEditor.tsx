import { Alert, Button, Group, Stack, Text, UnstyledButton } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/api/client";
import classes from "./DefinitionEditor.module.css";
import { type Changed, type ProblemRow, put, useCheck, useDraft } from "./DefinitionEditorState";
import { DefinitionEditorText, type TextHandle } from "./DefinitionEditorText";
import { useFormats } from "./format";
import { Failed, Waiting } from "./Loaded";
import { Name } from "./Name";
import { Words } from "./Words";

interface Props {
  kind: string;
  /** Null begins a new one, whose name stands in the text. */
  name: string | null;
  /** What a new one begins with. */
  starter?: string;
  onDone: (name: string) => void;
  onClose: () => void;
}

/** Any definition as its YAML: checked as it is typed, its effect told before it is applied. */
export function DefinitionEditor({ kind, name, starter = "", onDone, onClose }: Props) {
  const { t, i18n } = useTranslation("editor");
  const draft = useDraft(kind, name, starter);
  const check = useCheck(kind, name, draft.now, i18n.language);
  const text = useRef<TextHandle>(null);
  const [asking, setAsking] = useState(false);
  const id = useId();
  const apply = useApply(kind, () => {
    draft.drop();
    onDone(check.called ?? "");
  });

  if (!draft.now) {
    return draft.query.isError ? (
      <Failed error={draft.query.error} retry={() => draft.query.refetch()} />
    ) : (
      <Waiting rows={8} />
    );
  }
  const refused = apply.error instanceof ApiError ? apply.error.problem : null;
  const problems = refused?.problems ?? check.problems;
  const isStale = check.isStale || refused?.status === 409;
  const isReady = draft.isChanged || name === null;
  const mayApply =
    isReady && check.isSettled && check.changes.length > 0 && problems.length === 0 && !isStale;

  return (
    <Stack gap="md">
      {draft.wasKept && (
        <Alert color="gray" variant="light" role="status">
          <Group justify="space-between" gap="sm">
            <Text size="sm">{t("kept")}</Text>
            <Button size="xs" variant="default" onClick={draft.drop}>
              {t("drop")}
            </Button>
          </Group>
        </Alert>
      )}
      {isStale && (
        <Stale
          draft={draft}
          onSettled={() => {
            apply.reset();
            setAsking(false);
          }}
        />
      )}
      <DefinitionEditorText
        value={draft.now.text}
        onChange={(next) => {
          setAsking(false);
          apply.reset();
          draft.write(next);
        }}
        marked={new Set(problems.map((problem) => problem.line ?? 0))}
        label={t("text")}
        describedBy={id}
        handle={text}
      />
      <Stack gap="sm" id={id} aria-live="polite">
        {!isStale && (
          <Verdict
            isIdle={!isReady}
            isChecking={!check.isSettled}
            isNameless={check.called === null}
            problems={problems}
            changes={check.changes}
            kind={kind}
            jump={(line) => text.current?.jump(line)}
          />
        )}
        {kind === "segment" && check.preview && problems.length === 0 && !asking && (
          <Preview check={check} />
        )}
        {check.error && <Failed error={check.error} />}
        {apply.error && !refused?.problems && refused?.status !== 409 && (
          <Failed error={apply.error} />
        )}
      </Stack>
      {asking && mayApply ? (
        <Confirm
          changes={check.changes}
          busy={apply.isPending}
          onYes={() => apply.mutate({ name: check.called ?? "", draft: draft.now! })}
          onNo={() => setAsking(false)}
        />
      ) : (
        <Group>
          <Button onClick={() => setAsking(true)} disabled={!mayApply}>
            {t("apply")}
          </Button>
          <Button variant="default" onClick={onClose}>
            {draft.isChanged ? t("later") : t("common:close")}
          </Button>
        </Group>
      )}
    </Stack>
  );
}

function useApply(kind: string, onDone: () => void) {
  const cache = useQueryClient();
  const { t } = useTranslation("editor");
  return useMutation({
    mutationFn: (what: { name: string; draft: { text: string; base: number } }) =>
      put(kind, what.name, what.draft, false),
    onSuccess: async () => {
      notifications.show({ message: t("applied") });
      onDone();
      await cache.invalidateQueries();
    },
  });
}

interface VerdictProps {
  isIdle: boolean;
  isChecking: boolean;
  isNameless: boolean;
  problems: ProblemRow[];
  changes: Changed["changes"];
  kind: string;
  jump: (line: number) => void;
}

function Verdict({ isIdle, isChecking, isNameless, problems, changes, kind, jump }: VerdictProps) {
  const { t } = useTranslation("editor");
  const f = useFormats();
  if (isNameless) return <Note>{t("nameless", { kind })}</Note>;
  if (problems.length > 0)
    return (
      <>
        <Text size="sm" fw={500} c="var(--bad)">
          {t("problems", { count: problems.length, n: f.number(problems.length) })}
        </Text>
        <ul className={classes.problems}>
          {problems.map((problem) => (
            <li key={`${problem.line}:${problem.field}:${problem.message}`}>
              <UnstyledButton className={classes.problem} onClick={() => jump(problem.line ?? 1)}>
                <span className={classes.problemLine}>{t("line", { n: problem.line ?? 1 })}</span>
                <span>
                  {problem.field && (
                    <>
                      <code dir="ltr">{problem.field}</code>{" "}
                    </>
                  )}
                  <Words>{problem.message}</Words>
                </span>
                {problem.remedy && (
                  <span className={classes.problemHint}>
                    <Name>{problem.remedy}</Name>
                  </span>
                )}
              </UnstyledButton>
            </li>
          ))}
        </ul>
      </>
    );
  if (isIdle) return <Note>{t("idle")}</Note>;
  if (isChecking) return <Note>{t("checking")}</Note>;
  return <Note>{changes.length > 0 ? t("fine") : t("same")}</Note>;
}

function Note({ children }: { children: ReactNode }) {
  return (
    <Text size="sm" c="dimmed">
      {children}
    </Text>
  );
}

function Preview({ check }: { check: ReturnType<typeof useCheck> }) {
  const { t } = useTranslation("editor");
  const f = useFormats();
  const { preview } = check;
  if (!preview || preview.people === null) return null;
  const share = preview.of > 0 ? f.percent(preview.people / preview.of) : "–";
  return (
    <div className={classes.effect} data-busy={check.isCounting || undefined}>
      <Text size="xl" fw={500}>
        {preview.sampled ? "≈ " : ""}
        {t("would", { count: preview.people, n: f.number(preview.people), share })}
      </Text>
      {preview.sampled && <Note>{t("margin", { share: f.percent(preview.margin) })}</Note>}
      <Text size="sm">
        <Words>{preview.in_words}</Words>
      </Text>
    </div>
  );
}

interface ConfirmProps {
  changes: Changed["changes"];
  busy: boolean;
  onYes: () => void;
  onNo: () => void;
}

function Confirm({ changes, busy, onYes, onNo }: ConfirmProps) {
  const { t } = useTranslation("editor");
  return (
    <Stack gap="sm" className="card" role="group" aria-label={t("effect")}>
      <Text fw={500}>{t("effect")}</Text>
      {changes.map((change) => (
        <div key={`${change.kind}:${change.name}`} className={classes.effect}>
          <Text size="sm" c="dimmed">
            {t(`action.${change.action}`, { defaultValue: change.action })} ·{" "}
            <Name>{change.name}</Name> · {t("version", { n: change.version })}
          </Text>
          <Text>
            <Name>{change.effect}</Name>
          </Text>
        </div>
      ))}
      <Group>
        <Button onClick={onYes} loading={busy} data-autofocus>
          {t("yes")}
        </Button>
        <Button variant="default" onClick={onNo} disabled={busy}>
          {t("common:cancel")}
        </Button>
      </Group>
    </Stack>
  );
}

/** Somebody else has changed it meanwhile: their text is shown, one's own is kept. */
function Stale({
  draft,
  onSettled,
}: {
  draft: ReturnType<typeof useDraft>;
  onSettled: () => void;
}) {
  const { t } = useTranslation("editor");
  const [shown, setShown] = useState(false);
  const theirs = draft.query.data;
  const show = async () => {
    await draft.reload();
    setShown(true);
  };
  return (
    <Alert
      color="orange"
      variant="light"
      role="alert"
      title={t("stale")}
      classNames={{ root: classes.notice, title: classes.noticeTitle }}
    >
      <Stack gap="sm">
        <Text size="sm">{t("staleHint")}</Text>
        {shown && theirs && (
          <section className={classes.theirs} dir="ltr" tabIndex={0} aria-label={t("theirs")}>
            <pre>{theirs.yaml}</pre>
          </section>
        )}
        <Group gap="sm">
          {!shown && (
            <Button size="xs" variant="default" onClick={show}>
              {t("show")}
            </Button>
          )}
          {shown && theirs && (
            <>
              <Button
                size="xs"
                onClick={() => {
                  draft.rebase(theirs.version);
                  onSettled();
                }}
              >
                {t("mine")}
              </Button>
              <Button
                size="xs"
                variant="default"
                onClick={() => {
                  draft.drop();
                  onSettled();
                }}
              >
                {t("take")}
              </Button>
            </>
          )}
        </Group>
      </Stack>
    </Alert>
  );
}
