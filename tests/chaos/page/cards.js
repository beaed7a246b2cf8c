// What the simulated phones work on: cards with a name, ticks and photos (tests/chaos/feature.py is the same in Python).

const add = (doc, op) => doc && {
  ...doc,
  ticks: [...doc.ticks, op.id].sort(),
  photos: [...doc.photos, ...op.photos.map(({ id, role }) => ({ id, role, pending: op.pending }))],
};

const make = (kind) => (_doc, op) => ({
  kind, id: op.entity, v: 0, name: op.args.name, ticks: [],
  photos: op.photos.map(({ id, role }) => ({ id, role, pending: op.pending })),
});

const name = (doc, op) => doc && { ...doc, name: op.args.name };

export const reducers = {
  "card.make": { card: make("card") },
  "card.tick": { card: add },
  "card.prove": { card: add },
  "card.name": { card: name },
  "secret.tick": { secret: add },
};
