import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Empty } from "@/parts/Loaded";

export function NotFound() {
  const { t } = useTranslation();
  return (
    <Empty
      title={t("error.noPage")}
      action={
        <Button component={Link} to="/" variant="default" mt="sm">
          {t("nav.overview")}
        </Button>
      }
    />
  );
}
