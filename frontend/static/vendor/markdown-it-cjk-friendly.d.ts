import type MarkdownIt from "markdown-it";

export default function cjkFriendly(markdown: MarkdownIt): void;
