// The dashboard as Grafana takes it, made from panels.ts.
import { rows, type Panel } from './panels.js';

const width = 8;
const height = 8;
const perLine = 24 / width;

interface Place {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

const datasource = { type: 'prometheus', uid: '${datasource}' };

/** As it stands in deploy/grafana/muster.json. */
export function dashboard() {
  let id = 0;
  let y = 0;
  const panels = rows.flatMap(({ title, panels: inRow }) => {
    const head = {
      id: ++id,
      type: 'row',
      title,
      collapsed: false,
      gridPos: { h: 1, w: 24, x: 0, y },
      panels: [],
    };
    const top = y + 1;
    y = top + Math.ceil(inRow.length / perLine) * height;
    return [
      head,
      ...inRow.map((panel, position) => {
        const place = { x: (position % perLine) * width, y: top + Math.floor(position / perLine) * height };
        return timeSeries(panel, ++id, { h: height, w: width, ...place });
      }),
    ];
  });
  return {
    uid: 'muster',
    title: 'Muster',
    description: 'An announcement on its way: edge, bus, consumers, tasks, what failed, processes.',
    tags: ['muster'],
    schemaVersion: 39,
    version: 1,
    editable: true,
    graphTooltip: 1,
    refresh: '30s',
    time: { from: 'now-1h', to: 'now' },
    timezone: '',
    templating: {
      list: [
        {
          name: 'datasource',
          label: 'Data source',
          type: 'datasource',
          query: 'prometheus',
          current: {},
          hide: 0,
        },
      ],
    },
    annotations: { list: [] },
    links: [],
    panels,
  };
}

function timeSeries({ title, about, unit, queries }: Panel, id: number, gridPos: Place) {
  return {
    id,
    type: 'timeseries',
    title,
    description: about,
    datasource,
    gridPos,
    fieldConfig: {
      defaults: { unit, min: 0, custom: { lineWidth: 1, fillOpacity: 10, showPoints: 'never' } },
      overrides: [],
    },
    options: {
      legend: { displayMode: 'list', placement: 'bottom' },
      tooltip: { mode: 'multi', sort: 'desc' },
    },
    targets: queries.map(({ expr, legend }, position) => ({
      refId: String.fromCharCode(65 + position),
      datasource,
      expr,
      legendFormat: legend,
    })),
  };
}
