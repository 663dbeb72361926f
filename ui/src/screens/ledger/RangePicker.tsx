import { Button, Group, Popover, SegmentedControl, Stack, Text, TextInput } from "@mantine/core";
import { IconCalendar } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useFormats } from "@/parts/format";
import classes from "./ledger.module.css";
import type { Change, LedgerSearch } from "./search";
import { fromWall, isPreset, PRESETS, toWall } from "./time";

/** The span of time: a few usual ones, or from and to on the workspace's clocks. */
export function RangePicker({ search, change }: { search: LedgerSearch; change: Change }) {
  const { t } = useTranslation("ledger");
  const isFree = Boolean(search.to) || (search.from !== undefined && !isPreset(search.from));
  const value = isFree ? "free" : (search.from ?? "all");
  return (
    <Group gap="xs" wrap="nowrap" className={classes.range}>
      <SegmentedControl
        aria-label={t("range.label")}
        data={["all", ...PRESETS].map((one) => ({ value: one, label: t(`range.${one}`) }))}
        value={value}
        onChange={(from) => change({ from: from === "all" ? undefined : from, to: undefined })}
      />
      <FreeRange search={search} change={change} isOn={isFree} />
    </Group>
  );
}

interface FreeProps {
  search: LedgerSearch;
  change: Change;
  isOn: boolean;
}

function FreeRange({ search, change, isOn }: FreeProps) {
  const { t } = useTranslation("ledger");
  const { timeZone } = useFormats();
  const [isOpen, setOpen] = useState(false);
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  const isTurned = from !== "" && to !== "" && from > to;
  const toggle = () => {
    if (!isOpen) {
      setFrom(isPreset(search.from) ? "" : toWall(search.from, timeZone));
      setTo(toWall(search.to, timeZone));
    }
    setOpen(!isOpen);
  };
  const submit = () => {
    change({
      from: fromWall(from, timeZone) ?? undefined,
      to: fromWall(to, timeZone) ?? undefined,
    });
    setOpen(false);
  };
  return (
    <Popover
      opened={isOpen}
      onChange={setOpen}
      position="bottom-end"
      width={270}
      trapFocus
      returnFocus
      shadow="md"
    >
      <Popover.Target>
        <Button
          variant="default"
          px="sm"
          aria-label={t("range.choose")}
          title={t("range.choose")}
          onClick={toggle}
          data-chosen={isOn || undefined}
          className={classes.picker}
        >
          <IconCalendar size={16} aria-hidden />
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (!isTurned) submit();
          }}
        >
          <Stack gap="sm">
            <TextInput
              type="datetime-local"
              label={t("range.from")}
              value={from}
              onChange={(event) => setFrom(event.currentTarget.value)}
            />
            <TextInput
              type="datetime-local"
              label={t("range.to")}
              value={to}
              onChange={(event) => setTo(event.currentTarget.value)}
              error={isTurned ? t("range.turned") : undefined}
            />
            <Text size="xs" c="dimmed">
              {t("range.zone", { zone: timeZone })}
            </Text>
            <Button type="submit" size="xs" disabled={isTurned}>
              {t("range.apply")}
            </Button>
          </Stack>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}
