/** The workspace that this browser was in last: where `/ui/` leads. */
const KEY = 'tidemill.workspace';

export const remember = (ws: string) => localStorage.setItem(KEY, ws);
export const lastWorkspace = () => localStorage.getItem(KEY) ?? 'default';
