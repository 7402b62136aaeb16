import katex, { type KatexOptions } from "katex";

/** A node of what KaTeX draws. */
export type DrawnNode = {
  attributes?: Record<string, string>;
  children?: DrawnNode[];
  toNode(): HTMLElement;
};

declare const drawing: typeof katex & {
  __renderToDomTree(tex: string, options: KatexOptions): DrawnNode;
};
export default drawing;
