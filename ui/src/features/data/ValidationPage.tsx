/** One validation: its verdict, and its report with how each column differs from the baseline. */
import { Badge, Button, Group } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { openFile } from '../../api/download';
import { count } from '../../pure/format';
import { to } from '../../pure/links';
import { A } from '../../parts/A';
import { Frame } from '../../parts/Frame';
import { Page } from '../../parts/Page';
import { Panel } from '../../parts/Panel';
import { Facts } from '../../parts/Facts';
import { Loaded } from '../../parts/States';
import { Ago } from '../../parts/Time';
import { useWorkspace } from '../../parts/useWorkspace';
import { reportQuery, validationsQuery, type Validation } from './queries';
import { verdictColour, verdictWords } from './verdict';

export function ValidationPage() {
  const ws = useWorkspace();
  const { name = '', id = '' } = useParams({ strict: false });
  const all = useQuery(validationsQuery(ws, name));
  const report = useQuery(reportQuery(ws, name, id));
  const found = all.data?.find((validation) => validation.id === id);
  const address = `/api/v1/workspaces/${encodeURIComponent(ws)}/data/${encodeURIComponent(name)}/validations/${encodeURIComponent(id)}/report`;
  return (
    <Page
      title={found === undefined ? 'Validation' : `Validation of ${name} ${found.version}`}
      crumbs={[{ label: 'Data', to: to.assets(ws, 'data') }, { label: name, to: to.asset(ws, 'data', name) }]}
      beside={found !== undefined && <Badge variant="light" color={verdictColour(found)}>{verdictWords(found)}</Badge>}
      actions={
        <Button component="a" href={address} target="_blank" rel="noreferrer" onClick={openFile} size="xs" variant="default" leftSection={<IconDownload size={14} />}>
          Download
        </Button>
      }
    >
      {found !== undefined && <Panel title="What was found"><Found ws={ws} name={name} found={found} /></Panel>}
      <Panel title="Report" flush>
        <Loaded query={report}>{(html) => <Frame html={html} label={`Report of the validation of ${name}`} height={900} />}</Loaded>
      </Panel>
    </Page>
  );
}

function Found({ ws, name, found }: { ws: string; name: string; found: Validation }) {
  return (
    <Facts
      rows={[
        ['Version', <A key="version" to={to.version(ws, 'data', name, found.version)} className="link">{found.version}{found.table === '' ? '' : `, ${found.table}`}</A>],
        ['Baseline', found.baseline === '' ? 'none' : found.baseline.replace(/^azureml:/, '')],
        ['Expectations', `${count(found.expectations, 'expectation')}, ${count(found.errors, 'error')}, ${count(found.warnings, 'warning')}`],
        ['Drifted', found.drifted.length === 0 ? `none of ${count(found.compared, 'column')}` : `${found.drifted.join(', ')} (of ${count(found.compared, 'column')})`],
        ...(found.alarms.length === 0 ? [] : [['Alarms', (
          <Group key="alarms" gap={6}>
            {found.alarms.map((alarm) => <Badge key={alarm.column} color="orange" variant="light" style={{ textTransform: 'none' }}>{alarm.column}: {count(alarm.windows, 'version')} in a row, since {alarm.since}</Badge>)}
          </Group>
        )] as [string, React.ReactNode]]),
        ['When', <Ago key="when" at={found.validated_at} />],
        ['By', found.job != null ? <A key="job" to={to.job(ws, found.job)} className="link over">{found.job}</A> : found.principal],
      ]}
    />
  );
}
