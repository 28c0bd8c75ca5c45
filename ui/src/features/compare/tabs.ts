/** The ways in which runs are compared, as the address names them. */
export const COMPARE_TABS = ['metrics', 'parallel', 'scatter', 'parameters', 'code', 'environment'] as const;
export type CompareTab = (typeof COMPARE_TABS)[number];

export const LABELS: Record<CompareTab, string> = {
  metrics: 'Metrics', parallel: 'Parallel coordinates', scatter: 'Scatter', parameters: 'Parameters', code: 'Code', environment: 'Environment',
};

export interface CompareSearch {
  runs?: string[];
  tab?: CompareTab;
}
