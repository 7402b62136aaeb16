"""What trivially tells the model is taken out, however it is cut; what an answer says stays."""

# ruff: noqa: RUF001 - punctuation of every script

from collections.abc import Mapping
from itertools import pairwise
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.contestants.provider import ErrorKind, ProviderError
from arena.contestants.redaction.patterns import MAX_ARTIFACT, Artifact
from arena.contestants.redaction.redactor import MAX_TAIL, Redactor


class Result(NamedTuple):
    text: str
    error: ErrorKind | None
    removed: Mapping[Artifact, int]


def redact(*chunks: str, thinks_first: bool = False) -> Result:
    redactor = Redactor(thinks_first=thinks_first)
    shown = []
    error = None
    try:
        for chunk in chunks:
            shown.append(redactor.feed(chunk))
        shown.append(redactor.end())
    except ProviderError as caught:
        error = caught.kind
    return Result("" if error else "".join(shown), error, redactor.removed)


TELLS = {
    # reasoning
    "<think>Hm, a trap.</think>\n\nBlue.": "Blue.",
    "<think>\n\n</think>\n\nBlue.": "Blue.",
    "\n<THINKING>hm</Thinking>Blue.": "\nBlue.",
    "<reasoning effort='high'>if a < b</reasoning>Blue.": "Blue.",
    "[THINK]hm [1][/THINK]Blue.": "Blue.",
    "◁think▷hm◁/think▷Blue.": "Blue.",
    "<seed:think>hm</seed:think>Blue.": "Blue.",
    "<|START_THINKING|>hm<|END_THINKING|><|START_RESPONSE|>Blue.<|END_RESPONSE|>": "Blue.",
    "<think>```python\n</think>Blue.": "Blue.",
    "</think>\n\nBlue.": "Blue.",
    "Sky.\n\n<think>more?</think>Blue.": "Sky.\n\nBlue.",
    "Sky. <think>more?</think>Blue.": "Sky. Blue.",
    "Blue.\n<think>and now for something": "Blue.\n",
    "<|channel|>analysis<|message|>User asks.<|end|><|start|>assistant"
    "<|channel|>final<|message|>Blue.<|return|>": "Blue.",
    "<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>commentary to=x "
    "<|constrain|>json<|message|>{}<|call|><|channel|>final <|constrain|>text<|message|>B": "B",
    "<|channel|>final<|message|>Blue.": "Blue.",
    "analysisThe user asks for a colour.assistantfinalBlue.": "Blue.",
    "<|channel>thought\nhm\n<channel|>Blue.<turn|>": "Blue.",
    # control tokens
    "Blue.<|im_end|>": "Blue.",
    "Blue.<|eot_id|><|start_header_id|>assistant<|end_header_id|>": "Blue.",
    "Blue.</s>": "Blue.",
    "<s> Blue.</s>": " Blue.",
    "Blue.<end_of_turn>\n<start_of_turn>model": "Blue.\n",
    "[INST] Blue. [/INST]": " Blue. ",
    "Blue.<\uff5cend\u2581of\u2581sentence\uff5c>": "Blue.",
    "Blue.<|endoftext|>": "Blue.",
    "Blue.<|im_e": "Blue.",
    "Blue. [end of text]": "Blue. ",
    "Blue<0x0A>.": "Blue.",
    "assistant\nBlue.": "Blue.",
    "```python\nprint(1)\n```<|im_end|>": "```python\nprint(1)\n```",
    "```python\nprint(1)<|im_end|>\n": "```python\nprint(1)",
    # citations
    "Blue【4†source】, deep【3:0†sky.pdf】.": "Blue, deep.",
    "Blue [^1^], deep[^2^][2].": "Blue , deep.",
    '<cite index="1-2">Blue</cite>.': "Blue.",
    "Blue [cite: 1, 2]. [cite_start]Deep.": "Blue . Deep.",
    "Blue<co: 0,1>, deep</co: 0,1>.": "Blue, deep.",
    "Blue citeturn0search0turn12news3.": "Blue .",
    "Blue \ue200cite\ue202turn0search0\ue201.": "Blue .",
    "Blue \ue200filecite\ue202turn0file1\ue202L1-L2\ue201.": "Blue .",
    "Blue :contentReference[oaicite:0]{index=0}.": "Blue .",
    'Blue<grok:render type="x"><argument name="citation_id">1</argument></grok:render>.': "Blue.",
    "Blue [doc1].": "Blue .",
    # the rest
    "\ufeffBlue\ufeff.": "Blue.",
    "\ufeff<think>hm</think>Blue.": "Blue.",
    "Blue.\n\nTokens used: 45": "Blue.\n\n",
    "Blue.\n\n**Total tokens:** 1,204\n": "Blue.\n\n",
    "Blue.\n(Prompt tokens: 12, completion tokens: 30)\n\n": "Blue.\n",
    "Blue.\n57 tokens generated, 12.5 tok/s": "Blue.\n",
}
ORDINARY = [
    "a < b, b > c, x <- 5, 1 << 3, <b>bold</b> and </b>",
    "In F#: x |> f <| y, and [|1; 2|], or <|> in Haskell.",
    "Use `<think>` and `</think>`; ``a ` <think>`` too.",
    "```xml\n<think>step</think>\n<|im_end|> is a stop token 【4†source】 [^1^]\n```\nThat is all.",
    "~~~jsx\n<cite>{a}</cite>\n```\n<think>\n~~~\ndone",
    "- item\n\n  ```html\n  <thinking>x</thinking>\n  ```\n- next",
    "```not a fence``` text with `<think>` in it",
    "The <think> tag begins a thought, the </think> tag ends it.",
    'Its tags are "<think>" and "</think>".',
    "$a<b$, \\[x_{[1]} < y\\], $$\\frac{a}{b}$$ and \\(z\\)",
    "As shown [1], [2] and below.[^1]\n\n[^1]: A footnote by hand. [link](http://a.example)",
    "日本語の【重要】という括弧と「引用」。",
    "<s>old</s> new",
    "<html><body><p>Hello</p></body></html>",
    "I think, therefore I am. Thinking: fast and slow. [THINKING]",
    "Analysis of the text. analysis: none. assistant\nfinal",
    'Well.\n\n{"error": {"message": "overloaded", "code": 503}}',
    '{"error": "model not found"}',
    "Well,\nError code: 429 - {'error': {'message': 'Rate limit of org-x'}}\n",
    "Well\nCUDA out of memory. Tried to allocate 2 GiB",
    'An API may answer:\n{"error": {"code": 429}}\n\nThat means: slow down.',
    "Error code: 429 - is what you get.\n\nWait and try again.",
    "Tokens: 45\n\nis what the log says.",
    "Tokens: 45",
    "It turns into a circuit; four turn points, two citations, cited.",
    "upstream errors and tokens are part of life",
    "naïve 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f 👩\u200d🚀 \u200f עברית",
    "trailing <",
    "trailing ``",
    "  leading spaces\n\n\n",
]


# Marks as words of a text.
SPOKEN_OF = [
    # what asks for a thought, or tells how one is written
    "Start your prompt with <think> first, and the model will reason aloud.",
    "Wrap the steps in <think> and </think>, then answer.",
    "Finish with </think> before you answer.",
    "Write <think>your steps</think> and then the answer.",
    "Put the marker </think> where the reasoning ends.",
    "A tag, e.g. <think>a step</think>b, is written so.",
    "Models differ. <think> opens a thought in Qwen, [THINK] in Magistral.",
    "<think> and </think> are the tags that R1 uses.",
    "<think> is the tag that begins a thought.",
    "<think>...</think> is how a thought is written.",
    "Use this form:\n\n<think>\nyour reasoning\n</think>\n\nThen the answer.",
    "Begin your message with\n<think>\nand the model will reason.",
    "It needs one line.\n\n<think>\n\nAfter it the model reasons.",
    "One line.\n\n<think>\n\nAnd another.\n\n<think>\n\nThat is all.",
    "- <think>: begins a thought\n- </think>: ends it\n",
    "1. <think>\n2. </think>\n",
    "> <think>\n> a step\n> </think>\n",
    "| tag | use |\n|---|---|\n| <think> | begins |\n| </think> | ends |\n",
    "Thus:\n\n    <think>\n    a step\n    </think>\n\nThat is all.",
    "**<think>** begins it, **</think>** ends it.",
    "He asked (<think>?) and left.",
    "使用<think>标签开始，用</think>标签结束。",
    "模型有两种标签。<think>标签表示思考，</think>表示结束。",
    "思考は<think>タグで始まり、</think>タグで終わります。",
    "استخدم <think> في البداية ثم </think> في النهاية.",
    # control tokens
    "Wrap the instruction in [INST] and [/INST].",
    "[INST] and [/INST] mark an instruction in Llama 2.",
    "Llama 2 reads [INST] a question [/INST] and answers it.",
    "Mistral's form is simple. [INST] goes in front. [/INST] goes behind.",
    "ChatML puts <|im_start|> before and <|im_end|> after a message.",
    "The form is <|im_start|>user Hello<|im_end|> for each message.",
    "Thus:\n\n<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\nHi there\n",
    "It ends with <|endoftext|>, as in GPT-2.",
    "The stop token is <|im_end|>",
    "It stops at </s> and pads with <pad> tokens; unknown words become <unk> there.",
    "The byte token <0x0A> stands for a line's end.",
    "[DONE] Write tests\n[TODO] Run them\n",
    "- Write tests [DONE]\n- Run them [DONE]",
    "The stream closes with data: [DONE] and nothing else.",
    "停止符是<|im_end|>，它结束每条消息。",
    "gpt-oss writes <|channel|>analysis<|message|> before its thoughts.",
    "analysisResult = run()\nprint(analysisResult)\n",
    # citations
    "<cite>The Scream</cite> hangs in Oslo.",
    "In HTML, <cite> names a work; </cite> ends it.",
    "The record has a <citation>Smith 2020</citation> in it.",
    "Studies show [cite] that it helps.",
    "As [doc1] says, it is blue.",
    "Grok uses <grok:render> for its cards.",
]
# Marks that act, next to words of their own kind.
ACTING = {
    "The stop token is <|im_end|>.<|im_end|>": "The stop token is <|im_end|>.",
    "Use `<think>` first.<|im_end|>": "Use `<think>` first.",
    "<think>Should I write <think>?</think>Write <think> first.": "Write <think> first.",
    "<think>hm</think>Wrap it in <think> and </think>.": "Wrap it in <think> and </think>.",
    "Blue.<|im_end|>\n<|im_start|>assistant\nDeep blue.": "Blue.\n\nDeep blue.",
    "Blue.\n<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nWhy?": "Blue.\n\n\nWhy?",
    "Blue.<|endoftext|>More of it.": "Blue.More of it.",
    "天空是蓝色的。<|im_end|>\n更多": "天空是蓝色的。\n更多",
    "天空是蓝色的<|im_end|>": "天空是蓝色的",
    "Blue.\n\n<think>\nMore?\n</think>\n\nAnd deep.": "Blue.\n\n\n\nAnd deep.",
    "Blue:\n<|im_end|>": "Blue:\n",
    "Blue <|im_end|>  <|endoftext|>\n": "Blue   \n",
    "<s>[INST] Blue. [/INST]</s>": " Blue. ",
    'He said "blue."<|im_end|>': 'He said "blue."',
    "**Blue**<|im_end|>\nMore": "**Blue**\nMore",
    '<cite index="1">Blue</cite> and <cite>The Scream</cite>.': "Blue and <cite>The Scream</cite>.",
    "Blue [doc1][doc2], deep [doc3].": "Blue , deep .",
}


@pytest.mark.parametrize("answer", TELLS)
def test_an_artifact_is_removed_and_counted(answer: str) -> None:
    text, error, removed = redact(answer)
    assert error is None
    assert text == TELLS[answer]
    assert sum(removed.values()) == len(answer) - len(text)


@pytest.mark.parametrize("answer", ORDINARY)
def test_ordinary_text_is_left_untouched(answer: str) -> None:
    assert redact(answer) == Result(answer, None, {})


@pytest.mark.parametrize("answer", ["<think>hm", "<|im_end|>", "[THINK]hm[/THINK]", "\ufeff"])
def test_an_answer_of_artifacts_only_becomes_empty(answer: str) -> None:
    assert redact(answer).text == ""


@pytest.mark.parametrize("answer", SPOKEN_OF)
def test_a_mark_that_is_a_word_of_the_text_stays(answer: str) -> None:
    assert redact(answer) == Result(answer, None, {})
    assert redact(*answer).text == answer


@pytest.mark.parametrize("answer", ACTING)
def test_a_control_mark_is_removed_everywhere(answer: str) -> None:
    text, error, removed = redact(answer)
    assert error is None
    assert text == ACTING[answer]
    assert sum(removed.values()) == len(answer) - len(text)


def test_a_thought_without_its_opening_tag() -> None:
    for answer in ("It is 4. </think> The answer is 4.", "So 4.</think>4", "Is it 4\n</think>\n4"):
        assert redact(answer).error == ErrorKind.THINKS_ALOUD
        assert redact(*answer).error == ErrorKind.THINKS_ALOUD
    answer = "Hm, the user asks.\n</think>\n\nBlue."
    assert redact(answer).error == ErrorKind.THINKS_ALOUD
    assert redact(answer, thinks_first=True).text == "Blue."
    assert redact("<think>" + answer, thinks_first=True).text == "Blue."
    assert redact("It never ends.", thinks_first=True).text == ""


pieces = st.sampled_from(
    [
        *TELLS,
        *ORDINARY,
        *SPOKEN_OF,
        *ACTING,
        *"`~<>[](){}|/\\ \n\t:=*_-#'\"",
        *("```", "\n```\n", "~~~\n", "<think>", "</think>", "<|im_end|>", "<|channel|>", "final"),
        *(
            "<|",
            "|>",
            "analysis",
            "【",
            "†",
            "】",
            "turn",
            "cite",
            "0search0",
            "Tokens: 5",
            "\ufeff",
            "word",
        ),
        *(
            '{"error": ',
            "Error code: 500 - ",
            "x" * MAX_ARTIFACT,
            " " * MAX_ARTIFACT,
            "</s>",
            "<s>",
        ),
    ]
) | st.text(max_size=20)
texts = st.lists(pieces, max_size=12).map("".join)


@given(texts, st.booleans(), st.data())
def test_the_cut_into_chunks_does_not_matter(text: str, first: bool, data: st.DataObject) -> None:
    cuts = data.draw(st.lists(st.integers(0, len(text)), max_size=12).map(sorted))
    whole = redact(text, thinks_first=first)
    chunks = [text[a:b] for a, b in pairwise([0, *cuts, len(text)])]
    assert redact(*chunks, thinks_first=first) == whole
    assert redact(*text, thinks_first=first) == whole


@given(
    st.text(
        alphabet=st.characters(exclude_characters="<[【◁{:\ufeff", categories=["L", "P", "Z", "N"])
    )
)
def test_text_without_the_beginning_of_an_artifact_is_shown_at_once(text: str) -> None:
    assert redact("So: ", text).text == "So: " + text


@given(texts)
def test_only_little_text_is_held_back(text: str) -> None:
    redactor = Redactor()
    seen = 0
    try:
        for character in text:
            seen += len(redactor.feed(character))
            assert redactor.undecided < MAX_ARTIFACT
            assert redactor.possible_tail <= MAX_TAIL
    except ProviderError:
        pass
