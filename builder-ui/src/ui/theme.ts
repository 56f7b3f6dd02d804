/** The look: ink, paper, one jade accent, given to Ant Design as tokens and to our own CSS as variables. */
import type { ThemeConfig } from "antd";

export const INK = {
  paper: "#faf9f5",
  sheet: "#fffefb",
  ink: "#20241f",
  quiet: "#5c635c",
  line: "#e5e2d8",
  jade: "#1f6f5c",
  jadeDeep: "#175343",
  jadeSoft: "#e6f0ec",
  amber: "#8a5a0b",
  amberSoft: "#fbf1dc",
  red: "#ab3526",
  redSoft: "#fbeae6",
} as const;

const FONT =
  '-apple-system, BlinkMacSystemFont, "Segoe UI", "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans SC", "Noto Sans CJK SC", sans-serif';

export const theme: ThemeConfig = {
  token: {
    colorPrimary: INK.jade,
    colorInfo: INK.jade,
    colorLink: INK.jade,
    colorLinkHover: INK.jadeDeep,
    colorLinkActive: INK.jadeDeep,
    colorSuccess: INK.jade,
    colorWarning: INK.amber,
    colorError: INK.red,
    colorTextBase: INK.ink,
    colorTextSecondary: INK.quiet,
    colorTextTertiary: INK.quiet,
    colorTextDescription: INK.quiet,
    colorTextPlaceholder: "#6d746d",
    colorBgLayout: INK.paper,
    colorBgContainer: INK.sheet,
    colorBorder: "#cfcbbf",
    colorBorderSecondary: INK.line,
    colorErrorBg: INK.redSoft,
    colorErrorBorder: "#e2b5ab",
    colorWarningBg: INK.amberSoft,
    colorWarningBorder: "#e3cfa0",
    colorInfoBg: INK.jadeSoft,
    colorInfoBorder: "#b5d3c8",
    colorSuccessBg: INK.jadeSoft,
    colorSuccessBorder: "#b5d3c8",
    borderRadius: 6,
    fontFamily: FONT,
    fontSize: 14,
    controlHeight: 34,
    wireframe: false,
  },
  components: {
    Table: { headerBg: INK.paper, headerSplitColor: "transparent", cellPaddingBlockSM: 9, rowHoverBg: "#f4f2ea" },
    Button: { primaryShadow: "none", defaultShadow: "none" },
  },
};
