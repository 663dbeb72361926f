import { Alert, Button, Group, Stack, Text, Title } from "@mantine/core";
import { IconAlertTriangle, IconPencil } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { ask, client } from "@/api/client";
import type { components } from "@/api/schema";
import { useFormats } from "@/parts/format";
import { Loaded } from "@/parts/Loaded";
import { Name } from "@/parts/Name";
import { Words } from "@/parts/Words";
import { ConditionTree } from "./ConditionTree";
import type { Lang } from "./Segments";
import classes from "./segments.module.css";
import { Trend } from "./Trend";

type Detail = components["schemas"]["SegmentDetail"];

interface Props {
  name: string;
  everybody: number | null;
  /** Not given to those who may not edit. */
  onEdit?: () => void;
}

/** One segment: who is in it, how that went, what makes one belong. */
export function SegmentPane({ name, everybody, onEdit }: Props) {
  const { i18n } = useTranslation();
  const lang = i18n.language as Lang;
  const query = useQuery({
    queryKey: ["segment", name, lang],
    queryFn: () =>
      ask(client.GET("/api/v1/segments/{name}", { params: { path: { name }, query: { lang } } })),
    meta: { live: true },
  });
  return (
    <Loaded query={query}>
      {(data) => <Content data={data} everybody={everybody} onEdit={onEdit} />}
    </Loaded>
  );
}

function Content({
  data,
  everybody,
  onEdit,
}: {
  data: Detail;
  everybody: number | null;
  onEdit?: () => void;
}) {
  const { t } = useTranslation("segments");
  const f = useFormats();
  return (
    <Stack gap="xl">
      {data.description && (
        <Text className="prose" size="lg">
          <Name>{data.description}</Name>
        </Text>
      )}
      {data.error && <Broken error={data.error} />}
      {!data.error && (
        <>
          <div className={classes.counts}>
            <div>
              <span className={classes.big}>{f.number(data.people)}</span>
              <span>
                {everybody
                  ? t("ofAll", { share: f.percent(data.people / everybody) })
                  : t("peopleWord", { count: data.people })}
              </span>
            </div>
            <div>
              <span className={classes.big}>
                <bdi dir="ltr">+{f.number(data.entered_7d)}</bdi>
              </span>
              <span>{t("enteredLong")}</span>
            </div>
            <div>
              <span className={classes.big}>
                <bdi dir="ltr">−{f.number(data.left_7d)}</bdi>
              </span>
              <span>{t("leftLong")}</span>
            </div>
          </div>
          <Button
            component={Link}
            to="/people"
            search={{ segment: data.name } as never}
            variant="default"
          >
            {t("seePeople")}
          </Button>
          <section>
            <Title order={3} mb="xs">
              {t("trendLong")}
            </Title>
            <Trend points={data.trend} name={data.name} />
          </section>
        </>
      )}
      {data.condition_tree && (
        <section>
          <Title order={3} mb="xs">
            {t("belongs")}
          </Title>
          <ConditionTree node={data.condition_tree} />
        </section>
      )}
      <section>
        <Title order={3} mb="xs">
          {t("used")}
        </Title>
        {data.used_by.length === 0 ? (
          <Text size="sm" c="dimmed">
            {t("unused")}
          </Text>
        ) : (
          <Group gap="md">
            {data.used_by.map((journey) => (
              <Link key={journey} to="/journeys/$name" params={{ name: journey }} className="quiet">
                <Name>{journey}</Name>
              </Link>
            ))}
          </Group>
        )}
      </section>
      <section>
        <Group justify="space-between" mb="xs">
          <Title order={3}>{t("definition")}</Title>
          {onEdit && (
            <Button
              size="xs"
              variant="default"
              leftSection={<IconPencil size={14} aria-hidden />}
              onClick={onEdit}
            >
              {t("edit")}
            </Button>
          )}
        </Group>
        <section className={classes.yaml} dir="ltr" tabIndex={0} aria-label={t("definition")}>
          <pre>{data.yaml}</pre>
        </section>
        <Text size="xs" c="dimmed" mt={6}>
          {t("version", { n: data.version })} · <Name>{data.file}</Name>
        </Text>
      </section>
    </Stack>
  );
}

/** What keeps a segment from counting, where it stands, and what to do. */
export function Broken({ error }: { error: components["schemas"]["ProblemOut"] }) {
  const { t } = useTranslation("segments");
  return (
    <Alert
      color="orange"
      variant="light"
      role="alert"
      icon={<IconAlertTriangle size={18} aria-hidden />}
      title={t("brokenTitle")}
      classNames={{ root: classes.notice, title: classes.noticeTitle }}
    >
      <Stack gap={6}>
        <Text size="sm">
          <code dir="ltr">{error.field}</code> <Words>{error.message}</Words>
        </Text>
        {error.remedy && (
          <Text size="sm" c="dimmed">
            <Words>{error.remedy}</Words>
          </Text>
        )}
        <Text size="sm" c="dimmed">
          {t("brokenAt", { n: error.line })} {error.file && <Name>{error.file}</Name>}
        </Text>
      </Stack>
    </Alert>
  );
}
