import type { ComponentChildren, JSX } from "preact";
import { useId, useRef } from "preact/hooks";

/** Views of which one is shown. Arrow keys go from one tab to the next. */
export function Tabs<Key extends string>({
  label,
  tabs,
  selected,
  onSelect,
  children,
}: {
  label: string;
  tabs: readonly (readonly [key: Key, label: string])[];
  selected: Key;
  onSelect: (key: Key) => void;
  /** The view of the selected tab. */
  children: ComponentChildren;
}): JSX.Element {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const go = (index: number) => {
    const [key] = tabs[(index + tabs.length) % tabs.length] ?? [];
    if (key === undefined) return;
    onSelect(key);
    list.current?.querySelector<HTMLElement>(`[id="${id}-${key}"]`)?.focus();
  };
  return (
    <div class="tabs">
      <div ref={list} role="tablist" aria-label={label} class="tab-list">
        {tabs.map(([key, text], index) => (
          <button
            key={key}
            id={`${id}-${key}`}
            type="button"
            role="tab"
            class="tab"
            aria-selected={key === selected}
            aria-controls={key === selected ? `${id}-view` : undefined}
            tabIndex={key === selected ? 0 : -1}
            onClick={() => onSelect(key)}
            onKeyDown={(event) => {
              const step = { ArrowRight: index + 1, ArrowLeft: index - 1, Home: 0, End: tabs.length - 1 }[event.key];
              if (step === undefined) return;
              event.preventDefault();
              go(step);
            }}
          >
            {text}
          </button>
        ))}
      </div>
      <div id={`${id}-view`} role="tabpanel" aria-labelledby={`${id}-${selected}`} class="tab-view">
        {children}
      </div>
    </div>
  );
}
