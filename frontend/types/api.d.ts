// Made by `make client` from the API's OpenAPI document: do not edit.

export type Answers = {
  a: string;
  b?: string;
};

export type Attention = {
  input: InputEnum;
  visible_a_ms: number;
  visible_b_ms: number;
  end_seen_a: boolean;
  end_seen_b: boolean;
  hidden_ms: number;
  decided_ms: number;
};

export type Battle = {
  id: string;
  mode: ModeEnum;
  state: BattleStateEnum;
  failure: string | null;
  turns: Array<Turn>;
  url: string;
  socket: string;
  vote: Vote | null;
  reaction: Reaction | null;
  contestants: RevealedContestants | null;
  conversation: string | null;
};

export type BattleStateEnum = "generating" | "open" | "voted" | "failed";

export type BlankEnum = "";

export type Board = {
  slug: string;
  name: string;
  description?: string;
  group?: GroupEnum;
};

export type Chain = {
  entries: Array<ChainEntry>;
  next: string | null;
};

export type ChainEntry = {
  format: string;
  number: number;
  previous: string;
  kind: KindEnum;
  subject: string;
  key: string;
  signature: string;
};

export type Claim = {
  weights?: string;
  revision?: string;
  base_model?: string;
  tokenizer?: string;
  quantisation?: string;
  context_length?: number | null;
  system_prompt?: string;
  parameters?: unknown;
  provider?: string;
};

export type Contestant = {
  slug: string;
  name: string;
  organisation: string;
  licence: string;
  licence_url?: string | string;
  website?: string | string;
  description: string;
  state?: ContestantStateEnum;
  state_changes: Array<StateChange>;
  endpoint_changes: Array<EndpointChange>;
  claim: Claim | null;
  versions: Array<Version>;
  created_at: string;
  url: string;
};

export type ContestantStateEnum = "draft" | "active" | "provisional" | "retired";

export type EndingEnum = "whole" | "cut" | "broken_off";

export type Endings = {
  a: EndingEnum | BlankEnum;
  b?: EndingEnum | BlankEnum;
};

export type EndpointChange = {
  changed_at: string;
  changed: Array<string>;
};

export type Export = {
  name: string;
  made_at: string;
  votes: number;
  uncounted: number;
  manifest: unknown;
};

export type ExportList = {
  results: Array<Export>;
  next: string | null;
};

export type ExportedVoteList = {
  results: Array<Record<string, unknown>>;
  next: string | null;
};

export type Fragility = {
  first: string;
  second: string;
  votes: number | null;
  share: number | null;
};

export type Frame = {
  type: FrameTypeEnum;
  state?: BattleStateEnum;
  turn?: number;
  prompt?: string;
  a?: string;
  b?: string;
  detail?: string;
};

export type FrameTypeEnum = "snapshot" | "text" | "open" | "failed" | "voted";

export type GroupEnum = "general" | "topic" | "language";

export type History = {
  contestant: string;
  board: string;
  style: StyleEnum;
  window: WindowEnum;
  points: Array<RatingPoint>;
  next: string | null;
  sampled_days: Array<SampledDay>;
};

export type Image = {
  url: string;
  alt: string;
  width: number;
  height: number;
};

export type InputEnum = "key" | "button";

export type IntervalsEnum = "by voter" | "by vote";

export type Key = {
  key: string;
  public: string;
  after: number;
  signature: string;
};

export type Keys = {
  format: string;
  keys: Array<Key>;
};

export type KindEnum = "snapshot" | "export";

export type Leaderboard = {
  board: Board;
  style: StyleEnum;
  window: WindowEnum;
  since: string | null;
  updated_at: string | null;
  votes: number;
  intervals: IntervalsEnum;
  rows: Array<LeaderboardRow>;
  fragility: Fragility | null;
  multiplicity: Array<Multiplicity>;
  style_effects: Array<StyleEffect>;
};

export type LeaderboardRow = {
  contestant: string;
  name: string;
  organisation: string;
  licence: string;
  state: string;
  rank: number;
  rank_low: number;
  rank_high: number;
  rating: number;
  lower: number;
  upper: number;
  probability_best: number;
  votes: number;
  preliminary: boolean;
  marks: Array<string>;
  tie_rating: number | null;
  rating_as_cast: number | null;
  votes_as_cast: number | null;
  elo: number | null;
};

export type Live = {
  frames: Array<Frame>;
  cursor: string;
};

export type Matrix = {
  board: string;
  window: WindowEnum;
  pairs: Array<Pair>;
};

export type Methodology = {
  rating: Record<string, unknown>;
  style: Record<string, unknown>;
  windows: Record<string, unknown>;
  sampling: Record<string, unknown>;
  integrity: Record<string, unknown>;
  export: Record<string, unknown>;
  weights: string;
  version: string;
  changes: Array<MethodologyChange>;
};

export type MethodologyChange = {
  version: string;
  day: string;
  about: string;
  digest: string;
};

export type ModeEnum = "blind" | "side_by_side" | "direct";

export type Multiplicity = {
  organisation: string;
  entries: number;
  gain: number;
};

export type NewBattle = {
  proof?: string;
  prompt: string;
  personal_data?: PersonalDataEnum;
  consent?: string;
  publish?: boolean | null;
  contestants?: Array<string>;
};

export type NewBattleForm = {
  proof?: string;
  prompt: string;
  personal_data?: PersonalDataEnum;
  consent?: string;
  publish?: boolean | null;
  contestants?: Array<string>;
  image?: string | null;
  image_alt?: string;
};

export type NewTurn = {
  proof?: string;
  prompt: string;
  personal_data?: PersonalDataEnum;
};

export type NewVote = {
  outcome: OutcomeEnum;
  attention?: Attention | null;
};

export type OutcomeEnum = "a" | "b" | "tie" | "both_bad";

export type Pair = {
  first: string;
  second: string;
  first_wins: number;
  second_wins: number;
  ties: number;
  both_bad: number;
  share: number;
};

export type PersonalDataEnum = "confirmed";

export type Problem = {
  type: string;
  title: string;
  status: number;
  detail: string;
  errors?: Array<ProblemError>;
};

export type ProblemError = {
  pointer: string;
  detail: string;
};

export type RatingPoint = {
  published_at: string;
  rating: number;
  lower: number;
  upper: number;
  rank: number;
  votes: number;
};

export type Reaction = {
  traits: Traits;
  comment?: string;
};

export type ReasonEnum = "personal" | "unlawful" | "hateful" | "sexual" | "other";

export type Regeneration = {
  proof?: string;
};

export type Report = {
  side?: SideEnum | BlankEnum;
  reason: ReasonEnum;
  comment?: string;
};

export type RevealedContestant = {
  name: string;
  slug: string;
  organisation: string;
  licence: string;
  url: string;
};

export type RevealedContestants = {
  a: RevealedContestant;
  b?: RevealedContestant;
};

export type SampledDay = {
  day: string;
  votes: number;
  share: number;
};

export type SamplingRate = {
  contestant: string;
  now: number;
  recent: number | null;
  recent_votes: number;
};

export type SideEnum = "a" | "b";

export type Snapshot = {
  format: string;
  board: string;
  style: StyleEnum;
  window: WindowEnum;
  since: string | null;
  published_at: string;
  votes: number;
  conventions: Record<string, unknown>;
  grid: Record<string, unknown> | null;
  models: Array<string>;
  counts: Array<Array<unknown>>;
  digest: string;
  rows: Array<Record<string, unknown>>;
  notes: Record<string, unknown>;
  proof: ChainEntry | null;
};

export type SnapshotHead = {
  id: number;
  published_at: string;
  since?: string | null;
  votes: number;
  digest: string;
  chain_entry?: number | null;
};

export type SnapshotList = {
  results: Array<SnapshotHead>;
  next: string | null;
};

export type StateChange = {
  changed_at: string;
  before: string;
  state: string;
  reason: string;
};

export type Status = {
  counted: number;
  today: Today;
  held_share: number | null;
  program_votes: number;
  contestants: number;
  last_entry: number | null;
};

export type StyleEffect = {
  name: string;
  coefficient: number;
  lower: number;
  upper: number;
};

export type StyleEnum = "plain" | "controlled";

export type Today = {
  votes: number;
  counted: number;
  held: number;
  excluded: number;
};

export type TraitEnum = "correct" | "clear" | "complete" | "good_style" | "wrong" | "unclear" | "incomplete" | "unsafe" | "not_followed";

export type Traits = {
  a: Array<TraitEnum>;
  b: Array<TraitEnum>;
};

export type Turn = {
  number: number;
  prompt: string;
  image: Image | null;
  answers: Answers;
  endings: Endings | null;
};

export type Version = {
  number: number;
  since: string;
  changed: Array<string>;
  claim: Record<string, unknown>;
};

export type Vote = {
  outcome: OutcomeEnum;
  cast_at: string;
  standing: string;
  reason: string | null;
  weight: number;
  weight_reason: string | null;
  weight_final_at: string;
  counts_since: string | null;
  explanation: string;
  history: Array<VotePeriod>;
  effect: VoteEffect | null;
};

export type VoteEffect = {
  board: string;
  a: number;
  b: number;
};

export type VotePeriod = {
  since: string;
  counts: number;
  reason: string;
};

export type WindowEnum = "all" | "30d";
