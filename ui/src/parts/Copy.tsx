/** Text to take along: a command line, a digest. */
import { ActionIcon, CopyButton, Tooltip } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';

export function Copy({ text, what = 'Copy' }: { text: string; what?: string }) {
  return (
    <CopyButton value={text} timeout={1500}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? 'Copied' : what}>
          <ActionIcon variant="subtle" color={copied ? 'teal' : 'gray'} size="sm" onClick={copy} aria-label={what}>
            {copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
          </ActionIcon>
        </Tooltip>
      )}
    </CopyButton>
  );
}

export function CommandLine({ line, what = 'Copy the command' }: { line: string; what?: string }) {
  return (
    <div className="cli">
      <code tabIndex={0}>{line}</code>
      <Copy text={line} what={what} />
    </div>
  );
}
