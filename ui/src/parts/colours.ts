/** What tells lines and dots apart. */
import { useComputedColorScheme } from '@mantine/core';

/** Lines and dots of several things, told apart in light and dark and by most eyes. */
export const COLOURS = {
  light: ['#0e7f96', '#d9480f', '#5f3dc4', '#2b8a3e', '#c2255c', '#1864ab', '#a57000', '#087f5b', '#862e9c', '#5c6670'],
  dark: ['#4db0c0', '#ff922b', '#9775fa', '#69db7c', '#f783ac', '#74c0fc', '#ffd43b', '#38d9a9', '#da77f2', '#adb5bd'],
};

export const useColours = () => COLOURS[useComputedColorScheme('light', { getInitialValueInEffect: false })];
