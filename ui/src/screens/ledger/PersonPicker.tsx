import { Combobox, TextInput, useCombobox } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconUserSearch } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ask, client } from "@/api/client";
import { Name } from "@/parts/Name";
import classes from "./ledger.module.css";

/** Finds a person by anything known of them. */
export function PersonPicker({ onPick }: { onPick: (id: string) => void }) {
  const { t } = useTranslation("ledger");
  const [text, setText] = useState("");
  const [q] = useDebouncedValue(text.trim(), 250);
  const combobox = useCombobox({ onDropdownClose: () => combobox.resetSelectedOption() });
  const found = useQuery({
    queryKey: ["people", "picker", q],
    queryFn: () => ask(client.GET("/api/v1/profiles", { params: { query: { q, limit: 8 } } })),
    enabled: q !== "",
    placeholderData: keepPreviousData,
  });
  const people = q === "" ? [] : (found.data?.profiles ?? []);
  return (
    <Combobox
      store={combobox}
      position="bottom-start"
      width={320}
      onOptionSubmit={(id) => {
        onPick(id);
        setText("");
        combobox.closeDropdown();
      }}
    >
      <Combobox.Target>
        <TextInput
          data-search
          className={classes.person}
          aria-label={t("filter.person")}
          placeholder={t("filter.person")}
          leftSection={<IconUserSearch size={15} aria-hidden />}
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value);
            combobox.openDropdown();
          }}
          onBlur={() => combobox.closeDropdown()}
        />
      </Combobox.Target>
      <Combobox.Dropdown hidden={q === ""}>
        <Combobox.Options aria-label={t("filter.person")}>
          {people.map((person) => (
            <Combobox.Option key={person.id} value={person.id}>
              <span className={classes.clip}>
                <Name>{person.name}</Name>
              </span>
              {person.email && person.email !== person.name && (
                <span className={`${classes.clip} ${classes.dimmed}`}>
                  <Name>{person.email}</Name>
                </span>
              )}
            </Combobox.Option>
          ))}
          {people.length === 0 && (
            <Combobox.Empty>
              {t(found.isFetching ? "common:loading" : "filter.nobody")}
            </Combobox.Empty>
          )}
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  );
}
