"""What models are given, and what is looked at of what they give."""

import torch
import torch.nn.functional as F

from running import Run, Stack, blocks_of


class Text:
    """What a model is given."""

    def __init__(self, form, ids, decoder_ids=()):
        self.form = form
        self.ids = ids
        self.decoder_ids = decoder_ids
        # As of a pair of texts.
        self.types = [int(3 * position >= len(ids)) for position in range(len(ids))]

    def inputs(self):
        inputs = {"input_ids": torch.tensor([self.ids])}
        if self.form.types:
            inputs["token_type_ids"] = torch.tensor([self.types])
        if self.decoder_ids:
            inputs["decoder_input_ids"] = torch.tensor([self.decoder_ids])
        if "decoder" in self.form.kind:
            inputs["use_cache"] = False
        return inputs

    def stored(self):
        """What of it is kept beside the references."""
        parts = {"ids": self.ids}
        if self.form.types:
            parts["types"] = self.types
        if self.decoder_ids:
            parts["decoder"] = self.decoder_ids
        return parts

    def reversed(self, prefix):
        """The text of which the stack with this prefix reads the reverse."""
        if self.decoder_ids and not prefix:
            return Text(self.form, self.ids, self.decoder_ids[::-1])
        return Text(self.form, self.ids[::-1], self.decoder_ids)

    def read(self, prefix):
        """The ids that the stack with this prefix reads."""
        return self.decoder_ids if self.decoder_ids and not prefix else self.ids

    def loss(self, logits):
        if self.form.kind == "classifier":
            return F.cross_entropy(logits[None], torch.tensor([1]))
        if self.form.kind == "encoder":
            return F.cross_entropy(logits, torch.tensor(self.ids))
        return F.cross_entropy(logits[:-1], torch.tensor(self.read("")[1:]))


def read_out(form, logits):
    """A decoder's logits of the last position, an encoder's of the first, a classifier's."""
    if form.kind == "classifier":
        return logits[None]
    return logits[:1] if form.kind == "encoder" else logits[-1:]


def stacks_of(model, form, reading):
    """The model's stacks of blocks; without `reading` none of their components is looked at."""

    def stack(prefix, path, sites):
        return Stack(prefix, blocks_of(model, path), sites(model.config) if reading else {})

    stacks = [stack("", form.blocks, form.sites)]
    if form.encoder_blocks:
        stacks.append(stack("encoder.", form.encoder_blocks, form.encoder_sites))
    return stacks


def run(model, form, text, edits=None, reading=True):
    return Run(model, stacks_of(model, form, reading), text.inputs(), edits)


def logits_of(model, form, text, edits=None):
    with torch.no_grad():
        return run(model, form, text, edits, reading=False).logits
