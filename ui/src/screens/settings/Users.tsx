import { ActionIcon, Menu, Select, Stack, Text } from "@mantine/core";
import { IconDots } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMe } from "@/api/session";
import { type Column, DataTable } from "@/parts/DataTable";
import { useFormats } from "@/parts/format";
import { Failed, Loaded, Waiting } from "@/parts/Loaded";
import { Name } from "@/parts/Name";
import { plain } from "@/parts/text";
import { Confirm } from "./Confirm";
import { Invite } from "./Invite";
import { Once } from "./Once";
import classes from "./settings.module.css";
import {
  ROLES,
  type Role,
  type User,
  useChangeUser,
  useNewLink,
  useRemoveUser,
  useUsers,
} from "./users";

interface Shown {
  name: string;
  link: string;
  expires_at: string;
}

/** Who may sign in, as what; invitations by a link that is shown once. */
export function Users() {
  const { t } = useTranslation("settings");
  const f = useFormats();
  const query = useUsers();
  const [shown, setShown] = useState<Shown | null>(null);
  return (
    <Stack gap="lg">
      {shown && (
        <Once
          title={t("users.link", { name: plain(shown.name) })}
          hint={t("users.linkHint", { when: f.dateTime(shown.expires_at) })}
          label={t("users.linkLabel")}
          value={`${window.location.origin}${shown.link}`}
          onClose={() => setShown(null)}
        />
      )}
      <Loaded query={query} waiting={<Waiting rows={5} height={40} />}>
        {(users) => <Table users={users} onLink={setShown} />}
      </Loaded>
      <Invite onInvited={setShown} />
    </Stack>
  );
}

function Table({ users, onLink }: { users: User[]; onLink: (shown: Shown) => void }) {
  const { t } = useTranslation("settings");
  const f = useFormats();
  const change = useChangeUser();
  const remove = useRemoveUser();
  const link = useNewLink();
  const [leaving, setLeaving] = useState<User | null>(null);
  const standing = (user: User) =>
    t(user.disabled_at ? "users.disabled" : user.is_invited ? "users.invited" : "users.active");
  const columns: Column<User>[] = [
    {
      id: "name",
      header: t("users.name"),
      value: (user) => user.name,
      cell: (user) => <Person user={user} />,
      width: "minmax(150px, 2fr)",
    },
    {
      id: "role",
      header: t("users.role"),
      value: (user) => t(`common:role.${user.role}`),
      cell: (user) => (
        <Select
          size="xs"
          aria-label={t("users.roleOf", { name: plain(user.name) })}
          value={user.role}
          allowDeselect={false}
          disabled={change.isPending}
          data={ROLES.map((role) => ({ value: role, label: t(`common:role.${role}`) }))}
          onChange={(role) =>
            role && role !== user.role && change.mutate({ id: user.id, role: role as Role })
          }
        />
      ),
      width: "120px",
    },
    {
      id: "state",
      header: t("users.state"),
      value: standing,
      cell: (user) => (
        <span
          className={classes.tag}
          data-on={(!user.disabled_at && !user.is_invited) || undefined}
        >
          {standing(user)}
        </span>
      ),
      width: "110px",
      wide: true,
    },
    {
      id: "since",
      header: t("users.since"),
      value: (user) => user.created_at,
      cell: (user) => f.date(user.created_at),
      width: "120px",
      wide: true,
    },
    {
      id: "more",
      header: "",
      sortable: false,
      value: () => "",
      cell: (user) => (
        <Actions
          user={user}
          onLink={() =>
            link.mutate(user, { onSuccess: (made) => onLink({ name: user.name, ...made }) })
          }
          onDisable={() => change.mutate({ id: user.id, disabled: !user.disabled_at })}
          onRemove={() => setLeaving(user)}
        />
      ),
      width: "44px",
    },
  ];
  const failed = change.isError ? change.error : link.isError ? link.error : null;
  return (
    <Stack gap="sm">
      {failed && <Failed error={failed} />}
      <DataTable
        label={t("tab.users")}
        rows={users}
        columns={columns}
        rowKey={(user) => user.id}
        filter={users.length > 6}
        exportName={users.length > 6 ? "users" : undefined}
        rowHeight={58}
      />
      <Confirm
        about={leaving}
        title={t("users.deleteTitle", { name: plain(leaving?.name ?? "") })}
        text={t("users.deleteText")}
        action={t("users.delete")}
        change={remove}
        onClose={() => setLeaving(null)}
      />
    </Stack>
  );
}

function Person({ user }: { user: User }) {
  const { t } = useTranslation("settings");
  const me = useMe();
  return (
    <div style={{ minWidth: 0 }}>
      <Text size="sm" fw={500} truncate>
        <Name>{user.name}</Name>
        {user.id === me.user.id && ` (${t("users.you")})`}
      </Text>
      <Text size="xs" c="dimmed" truncate>
        <Name>{user.email}</Name>
      </Text>
    </div>
  );
}

function Actions(props: {
  user: User;
  onLink: () => void;
  onDisable: () => void;
  onRemove: () => void;
}) {
  const { user } = props;
  const { t } = useTranslation("settings");
  return (
    <Menu position="bottom-end" width={220}>
      <Menu.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={t("users.actions", { name: plain(user.name) })}
        >
          <IconDots size={17} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={props.onLink} disabled={user.disabled_at !== null}>
          {t("users.newLink")}
        </Menu.Item>
        <Menu.Item onClick={props.onDisable}>
          {t(user.disabled_at ? "users.enable" : "users.disable")}
        </Menu.Item>
        <Menu.Item color="red" onClick={props.onRemove}>
          {t("users.delete")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
