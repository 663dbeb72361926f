import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { Door } from "./Door";
import { SignInForm } from "./SignInForm";

export function SignIn() {
  const { t } = useTranslation("access");
  useEffect(() => {
    document.title = `${t("signIn")} · ${t("common:app")}`;
  }, [t]);
  return (
    <Door title={t("signIn")} hint={t("signInHint")}>
      <SignInForm />
    </Door>
  );
}
