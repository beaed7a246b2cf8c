// A reducer says no: the rules do not allow it. `message` is the Chinese text, which is also the id of its translation.
export class Refusal extends Error {
  name = "Refusal";
}
