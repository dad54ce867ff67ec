// The results as a picture: a row per workload and a mark per arm, placed on a logarithmic scale by
// its multiple of Node's figure. Rendered to SVG without a browser.
import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { domainOf, type Panel, panelsOf, shown } from './chart_data.ts';
import type { Results } from './results.ts';

const legendOrder = shown.toReversed();
const WIDTH = 620;
const ROW_HEIGHT = 27;
const INK = '#343a40';

/** One panel of a chart of several, and its layers' encodings. */
type PanelSpec = Extract<TopLevelSpec, { vconcat: unknown }>['vconcat'][number];
type LayerSpec = Extract<PanelSpec, { layer: unknown }>['layer'][number];
type Encoding = NonNullable<Extract<LayerSpec, { mark: unknown }>['encoding']>;

const labels = legendOrder.map(({ label }) => label);

const y: Encoding['y'] = {
  field: 'workload',
  type: 'nominal',
  sort: null,
  title: null,
  axis: { labelLimit: 0, labelFontSize: 12, labelPadding: 10, ticks: false, domain: false, grid: true },
};

function xOf(field: string, domain: [number, number], isLast: boolean): Encoding['x'] {
  return {
    field,
    type: 'quantitative',
    scale: { type: 'log', domain, nice: false },
    axis: {
      title: null,
      values: [0.001, 0.01, 0.1, 0.2, 0.5, 1, 2, 5, 10, 100],
      labels: isLast,
      ticks: isLast,
      domain: false,
      labelExpr: "format(datum.value, '~g') + '×'",
    },
  };
}

/** Colour or shape by arm, with a legend above the first panel only. */
function byArm(range: string[], isFirst: boolean): Encoding['color'] & Encoding['shape'] {
  return {
    field: 'arm',
    type: 'nominal',
    title: null,
    scale: { domain: labels, range },
    legend: isFirst
      ? {
          orient: 'top',
          direction: 'horizontal',
          labelFontSize: 12.5,
          labelLimit: 0,
          symbolSize: 110,
          symbolOpacity: 1,
          columnPadding: 2,
          offset: 4,
        }
      : null,
  };
}

function panelOf(panel: Panel, domain: [number, number], isFirst: boolean, isLast: boolean): PanelSpec {
  const rows = new Set(panel.points.map(({ workload }) => workload)).size;
  const x = (field: string): Encoding['x'] => xOf(field, domain, isLast);
  const color = byArm(
    legendOrder.map((item) => item.color),
    isFirst,
  );
  const shape = byArm(
    legendOrder.map((item) => item.shape),
    isFirst,
  );
  return {
    title: { text: panel.title, anchor: 'start', frame: 'group', fontSize: 13, fontWeight: 600, color: INK, offset: 6 },
    width: WIDTH,
    height: rows * ROW_HEIGHT,
    data: { values: panel.points },
    layer: [
      {
        data: { values: [{ node: 1 }] },
        mark: { type: 'rule', color: '#212529', strokeWidth: 1.5 },
        encoding: { x: x('node') },
      },
      {
        mark: { type: 'rule', strokeWidth: 2.5, opacity: 0.3 },
        encoding: { y, x: x('low'), x2: { field: 'high' }, color },
      },
      {
        mark: { type: 'point', filled: true, size: 105, opacity: 1, stroke: 'white', strokeWidth: 1 },
        encoding: { y, x: x('ratio'), color, shape },
      },
    ],
  };
}

function specification(results: Results): TopLevelSpec {
  const panels = panelsOf(results);
  const domain = domainOf(panels);
  const { processor, node, libuv } = results.machine;
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    title: {
      text: 'As a multiple of Node’s figure (the black line)',
      subtitle: `Medians of paired ratios, and their spread. Node ${node}, libuv ${libuv}, ${processor}`,
      anchor: 'start',
      fontSize: 18,
      subtitleFontSize: 12.5,
      subtitleColor: '#495057',
      subtitlePadding: 5,
      offset: 14,
    },
    background: 'white',
    padding: 18,
    spacing: 12,
    vconcat: panels.map((panel, index) => panelOf(panel, domain, index === 0, index === panels.length - 1)),
    resolve: { scale: { color: 'independent', shape: 'independent' } },
    config: {
      font: 'system-ui, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif',
      view: { stroke: '#dee2e6' },
      axis: { gridColor: '#e9ecef', labelColor: INK, labelFontSize: 12 },
      legend: { labelColor: INK },
    },
  };
}

export async function chartSvg(results: Results): Promise<string> {
  const view = new View(parse(compile(specification(results)).spec), { renderer: 'none' });
  return view.toSVG();
}
