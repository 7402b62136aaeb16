// What the page's scripts hand to one another, and what the OpenAPI document does not describe.
import type { Frame, InputEnum, ProblemError, RevealedContestants, SideEnum } from "./api";

export type Side = SideEnum;
export type Input = InputEnum;

/** A problem document (RFC 9457), with the members of the problems that a page answers. */
export type ProblemDocument = {
  type?: string;
  title?: string;
  detail?: string;
  errors?: ProblemError[];
  retry_after?: number;
  version?: string;
  points?: string[];
  finds?: Find[];
  challenge?: Challenge;
  tries?: number;
};

/** A part of a prompt that looks personal. */
export type Find = { kind: string; text: string };

/** ALTCHA's proof of work. */
export type Challenge = {
  parameters: {
    nonce: string;
    salt: string;
    cost: number;
    keyLength: number;
    keyPrefix: string;
  };
};

/** What the server asked for before it opens a battle. */
export type Pass = { consent?: string; personal_data?: "confirmed"; proof?: string };

export type KeyedPass = Pass & { key: string };

/** An image with what it shows. */
export type Picture = { file: Blob; alt: string };

/** How a battle is opened. */
export type Wishes = {
  publish?: boolean;
  contestants?: string[];
  image?: Picture;
};

/** Words beside an answer. */
export type Labels = { copy: string; copied: string; copyFailed: string; code: string };

export type BattleFrame = Frame | { type: "beat" };
export type Names = RevealedContestants;
