/** A link that looks like a button: one element, so that keyboard and screen reader meet one thing. */
import { Button, type ButtonProps } from "antd";
import { useHref, useLinkClickHandler } from "react-router";

type LinkButtonProps = Omit<ButtonProps, "href" | "onClick"> & { to: string; replace?: boolean };

export function LinkButton({ to, replace, ...rest }: LinkButtonProps) {
  const href = useHref(to);
  const follow = useLinkClickHandler<HTMLElement>(to, { replace });
  return <Button {...rest} href={href} onClick={(event) => follow(event as React.MouseEvent<HTMLAnchorElement>)} />;
}
