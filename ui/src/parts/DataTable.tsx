/** A table that sorts by its headings; the first link of a row makes the whole row a link. */
import {
  createColumnHelper, createSortedRowModel, rowSortingFeature, sortFn_alphanumeric, sortFn_basic, tableFeatures, useTable,
  type RowData,
} from '@tanstack/react-table';
import { IconArrowDown, IconArrowUp, IconArrowsSort } from '@tabler/icons-react';
import { useMemo, type ReactNode } from 'react';

const features = tableFeatures({
  rowSortingFeature,
  sortedRowModel: createSortedRowModel(),
  sortFns: { alphanumeric: sortFn_alphanumeric, basic: sortFn_basic },
});

export interface Column<T> {
  id: string;
  header: string;
  cell: (row: T) => ReactNode;
  /** What it sorts by; without it, it does not sort. */
  by?: (row: T) => string | number;
  number?: boolean;
  /** Left out where there is little room. */
  wide?: boolean;
}

interface Props<T> {
  label: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  id: (row: T) => string;
}

/** Give columns that stay the same from one drawing to the next. */
export function DataTable<T extends RowData>({ label, columns, rows, id }: Props<T>) {
  const defined = useMemo(() => {
    const helper = createColumnHelper<typeof features, T>();
    return columns.map((column) =>
      helper.accessor((row): unknown => column.by?.(row) ?? '', {
        id: column.id,
        header: column.header,
        enableSorting: column.by !== undefined,
        sortFn: column.number === true ? 'basic' : 'alphanumeric',
        cell: ({ row }) => column.cell(row.original),
      }),
    );
  }, [columns]);
  const table = useTable({ features, columns: defined, data: rows as T[], getRowId: id });
  const classes = new Map(columns.map(({ id, number, wide }) => [id, `${number === true ? 'number ' : ''}${wide === true ? 'wide' : ''}`]));
  return (
    <div style={{ overflowX: 'auto' }}>
      <table className="table" aria-label={label}>
        <thead>
          {table.getHeaderGroups().map((group) => (
            <tr key={group.id}>
              {group.headers.map((header) => {
                const sorted = header.column.getIsSorted();
                const order = sorted === 'asc' ? 'ascending' : sorted === 'desc' ? 'descending' : undefined;
                return (
                  <th key={header.id} className={classes.get(header.column.id)} aria-sort={order} scope="col">
                    {header.column.getCanSort() ? (
                      <button type="button" onClick={header.column.getToggleSortingHandler()}>
                        <table.FlexRender header={header} />
                        {sorted === false && <IconArrowsSort size={13} className="sorts" aria-hidden />}
                        {sorted === 'asc' && <IconArrowUp size={13} />}
                        {sorted === 'desc' && <IconArrowDown size={13} />}
                      </button>
                    ) : (
                      <table.FlexRender header={header} />
                    )}
                  </th>
                );
              })}
            </tr>
          ))}
        </thead>
        <tbody>
          {table.getRowModel().rows.map((row) => (
            <tr key={row.id}>
              {row.getAllCells().map((cell) => (
                <td key={cell.id} className={classes.get(cell.column.id)}>
                  <table.FlexRender cell={cell} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
