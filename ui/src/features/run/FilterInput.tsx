/** Where a filter is written: it offers what may come next and says what is wrong, and where. */
import { Combobox, Text, TextInput, useCombobox } from '@mantine/core';
import { IconFilter } from '@tabler/icons-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { complete, faultOf, type Known } from '../../pure/filter';

interface Props {
  value: string;
  known: Known;
  /** What the server said of the filter that is applied. */
  refused?: string;
  onApply: (filter: string) => void;
}

export function FilterInput({ value, known, refused, onApply }: Props) {
  const [text, write] = useState(value);
  const [caret, setCaret] = useState(value.length);
  const input = useRef<HTMLInputElement>(null);
  const combobox = useCombobox();
  useEffect(() => write(value), [value]);
  const offered = useMemo(() => complete(text, caret, known), [text, caret, known]);
  const fault = useMemo(() => faultOf(text), [text]);
  // While somebody writes, what is missing at the end is no mistake yet.
  const wrong = fault !== undefined && (fault.at < text.trimEnd().length || text === value) ? fault : undefined;
  const said = wrong?.message ?? (text === value ? refused : undefined);

  const take = (option: string) => {
    const next = `${text.slice(0, offered.from)}${option} `;
    // Drawn at once: the caret has its place before the next key comes, however soon.
    flushSync(() => {
      write(next + text.slice(offered.to).trimStart());
      setCaret(next.length);
      combobox.resetSelectedOption();
    });
    input.current?.focus();
    input.current?.setSelectionRange(next.length, next.length);
  };
  const apply = () => {
    combobox.closeDropdown();
    if (fault === undefined) onApply(text.trim());
    else if (text === value) onApply(text);
    else write((before) => before);
    if (fault !== undefined) input.current?.setSelectionRange(fault.at, fault.end);
  };

  return (
    <Combobox store={combobox} onOptionSubmit={take} position="bottom-start" width="max-content" withinPortal>
      <Combobox.Target>
        <TextInput
          ref={input} aria-label="Filter runs" size="sm" className="filter" spellCheck={false} autoComplete="off"
          placeholder="metrics.auc > 0.9 AND params.model = 'forest'" leftSection={<IconFilter size={15} />} value={text} error={said !== undefined}
          aria-describedby="filter-said"
          onChange={(event) => {
            write(event.currentTarget.value);
            setCaret(event.currentTarget.selectionStart ?? event.currentTarget.value.length);
            combobox.openDropdown();
            combobox.resetSelectedOption();
          }}
          onSelect={(event) => setCaret(event.currentTarget.selectionStart ?? 0)}
          onFocus={() => combobox.openDropdown()}
          onBlur={() => {
            combobox.closeDropdown();
            if (fault === undefined && text.trim() !== value) onApply(text.trim());
          }}
          onKeyDown={(event) => {
            const chosen = combobox.getSelectedOptionIndex() >= 0 && combobox.dropdownOpened;
            if (event.key === 'Enter' && !chosen) apply();
            if (event.key === 'Tab' && !event.shiftKey && combobox.dropdownOpened && offered.options[0] !== undefined && text.slice(offered.from, caret).trim() !== '') {
              event.preventDefault();
              take(offered.options[0]);
            }
            if (event.key === 'Escape') combobox.closeDropdown();
          }}
        />
      </Combobox.Target>
      <Combobox.Dropdown hidden={offered.options.length === 0} miw={220}>
        <Combobox.Options mah={260} style={{ overflowY: 'auto' }} aria-label="May come next">
          {offered.options.map((option) => (
            <Combobox.Option value={option} key={option} className="mono" fz="sm">
              {option}
            </Combobox.Option>
          ))}
        </Combobox.Options>
      </Combobox.Dropdown>
      <div id="filter-said" role="status" className="filter-said">
        {said !== undefined && (
          <>
            {wrong !== undefined && (
              <code aria-hidden>
                {text.slice(Math.max(0, wrong.at - 24), wrong.at)}
                <mark>{text.slice(wrong.at, wrong.end) || '␣'}</mark>
                {text.slice(wrong.end, wrong.end + 12)}
              </code>
            )}
            <Text component="span" size="xs" c="var(--mantine-color-error)" className="said">
              {wrong !== undefined && `At character ${wrong.at + 1}: `}
              {said}
            </Text>
          </>
        )}
      </div>
    </Combobox>
  );
}
