/** A measured number and how it is printed. */
interface FigureKind {
  /** The column's head. */
  readonly label: string;
  readonly digits: number;
}

/** Every figure that a work can report; a table has a column for those that occur, in this order. */
export const FIGURES = {
  mibPerSecond: { label: 'MiB/s', digits: 0 },
  wholeMibPerSecond: { label: 'MiB/s with start', digits: 0 },
  perSecond: { label: 'op/s', digits: 0 },
  spreadPercent: { label: 'spread %', digits: 0 },
  versusStock: { label: '× stock', digits: 2 },
  versusCeiling: { label: '× ceiling', digits: 2 },
  cpuPerGib: { label: 'CPU s/GiB', digits: 2 },
  cpuPer1000: { label: 'CPU s/1000', digits: 2 },
  cpuVersusCeiling: { label: 'CPU × ceiling', digits: 2 },
  peakMib: { label: 'peak MiB', digits: 0 },
  p50: { label: 'p50 ms', digits: 2 },
  p99: { label: 'p99 ms', digits: 2 },
  clientBusyPercent: { label: 'client busy %', digits: 0 },
  othersBusyPercent: { label: 'others busy %', digits: 0 },
  kibPerPaused: { label: 'KiB per paused', digits: 1 },
  aloneMibPerSecond: { label: 'MiB/s alone', digits: 0 },
  besideMibPerSecond: { label: 'MiB/s beside them', digits: 0 },
  keptPercent: { label: 'kept %', digits: 0 },
  leastSharePercent: { label: 'least share %', digits: 0 },
  waiting: { label: 'waiting', digits: 0 },
  toldMs: { label: 'told after ms', digits: 0 },
  earlyMib: { label: 'RSS MiB early', digits: 0 },
  lateMib: { label: 'RSS MiB late', digits: 0 },
  firstStartMs: { label: 'first start ms', digits: 0 },
  startMs: { label: 'start ms', digits: 0 },
  createP50: { label: 'create p50 ms', digits: 2 },
  createP99: { label: 'create p99 ms', digits: 2 },
  headP50: { label: 'HEAD p50 ms', digits: 2 },
  headP99: { label: 'HEAD p99 ms', digits: 2 },
  patchP50: { label: 'PATCH p50 ms', digits: 2 },
  patchP99: { label: 'PATCH p99 ms', digits: 2 },
  listPageMs: { label: 'list ms', digits: 0 },
  listPagePeakMib: { label: 'list peak MiB', digits: 0 },
  ndjsonMs: { label: 'ndjson ms', digits: 0 },
  ndjsonPeakMib: { label: 'ndjson peak MiB', digits: 0 },
  removed: { label: 'removed', digits: 0 },
  sweepMs: { label: 'sweep ms', digits: 0 },
  emptySweepMs: { label: 'empty sweep ms', digits: 0 },
  scanMs: { label: 'scan ms', digits: 0 },
} satisfies Record<string, FigureKind>;

export type FigureName = keyof typeof FIGURES;

/** What one round, or a whole row, knows; what could not be measured is left out. */
export type Sample = Partial<Record<FigureName, number>>;

export const FIGURE_NAMES = Object.keys(FIGURES) as FigureName[];

/** A cell of a table; what is not known is a dash. */
export function formatFigure(name: FigureName, value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return '–';
  const [whole = '', fraction] = value.toFixed(FIGURES[name].digits).split('.');
  const grouped = whole.replace(/\B(?=(?:\d{3})+$)/g, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}
