// For how many devices each row of the baselines holds, counted in SQL, as libs/documents/baselines.ts has it.
import { settingsCatalogue } from '#device/catalogue';
import { askedOf, type Setting } from '#device/catalogue/setting';
import { inOrder } from '#documents/baselines';
import { satisfies } from '#documents/comparison';
import type { SettingValue } from '#events/device-setting';
import type { Store } from '#store/store';

export interface BaselineCount {
  readonly id: string;
  /** Devices that have what it asks for in each setting that was judged, and those that have not. */
  readonly right: number;
  readonly wrong: number;
}

/** A device `d` that is in the group $1, or any device where that is null. */
export const inGroup = 'd.listed and ($1::text is null or d.group_ids @> array[$1::text])';

/** What is right for a row. */
interface Right {
  /** These values; */
  readonly values: readonly SettingValue[];
  /** and of a setting with a least or a most, numbers from one to the other: as text, since JSON has no infinity. */
  readonly least?: string;
  readonly most?: string;
  /** The number that is more than any other. */
  readonly endless?: number;
}

function rightOf({ type, recommended, compare, also }: Setting): Right {
  const asked = askedOf({ recommended, compare, also });
  const among = (values: readonly SettingValue[]): Right => ({
    values: values.filter((value) => satisfies(value, asked, type)),
  });
  if (type.type === 'boolean') return among([true, false]);
  if (type.type === 'choice') return among(type.values);
  if (type.type === 'text' || compare === 'equals' || compare === 'oneOf')
    return among([recommended, ...also]);
  const most = compare === 'atMost' ? `${recommended}` : 'Infinity';
  const least = compare === 'atLeast' ? `${recommended}` : '-Infinity';
  return { values: [], least, most, ...(type.endless === undefined ? {} : { endless: type.endless }) };
}

/** Of each setting: the rows that it answers, and what is right for them. */
const asked = [...settingsCatalogue.values()].map((setting) => ({
  ...{ setting: setting.key, rows: setting.maps, siteDecides: setting.siteDecides },
  ...rightOf(setting),
}));

/**
 * Of all devices, or those of a group. A device counts as wrong for a row as soon as one setting of the row is. `offset 0` has a
 * setting judged once, and not again for each of its rows: half the time of the whole.
 */
export async function countBaselines(store: Store, group: string | null): Promise<readonly BaselineCount[]> {
  const counts = await store.query<BaselineCount>(
    `with judged as (
       select baseline, d.id as device, bool_or(verdict = 'right') as good, bool_or(verdict = 'wrong') as bad
       from console.device d
       join console.assessment_result a on a.device_id = d.id and d.state->>'last' is not null
       cross join lateral jsonb_to_recordset(a.body->'results')
         as r(setting text, outcome text, unsupported text, after jsonb)
       join jsonb_to_recordset($2::jsonb) as m(setting text, rows text[], "siteDecides" boolean, values jsonb,
         least float8, most float8, endless float8) using (setting)
       cross join lateral (select case
         when outcome = 'failed' then 'wrong'
         when outcome = 'unsupported' then case unsupported when 'fail' then 'wrong' else 'leftOut' end
         when "siteDecides" then case outcome when 'nonCompliant' then 'wrong' else 'right' end
         when m.values @> after then 'right'
         when jsonb_typeof(after) = 'number' and most is not null then case
           when coalesce(nullif(after::float8, endless), 'Infinity') between least and most
           then 'right' else 'wrong' end
         else 'wrong' end as verdict offset 0) as v
       cross join lateral unnest(m.rows) as baseline
       where ${inGroup} group by 1, 2)
     select baseline as id, count(*) filter (where good and not bad) as "right",
       count(*) filter (where bad) as wrong
     from judged group by baseline`,
    [group, JSON.stringify(asked)],
  );
  return counts.toSorted((a, b) => inOrder(a.id, b.id));
}
