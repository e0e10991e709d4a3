/** VS Code's theme variables, as its Dark Modern and Light Modern set them: those the panel uses. */
const common = { 'font-family': 'system-ui, "Ubuntu", sans-serif', 'font-size': '13px', 'editor-font-family': '"DejaVu Sans Mono", monospace', 'editor-font-size': '12px' };

export const themes = {
  dark: {
    ...common, foreground: '#cccccc', descriptionForeground: '#9d9d9d', 'editor-background': '#1f1f1f', 'panel-border': '#2b2b2b', 'widget-border': '#313131', focusBorder: '#0078d4',
    errorForeground: '#f85149', 'icon-foreground': '#cccccc', 'editorWidget-background': '#202020', 'editorWidget-foreground': '#cccccc', 'editorWidget-border': '#454545',
    'charts-blue': '#3794ff', 'charts-yellow': '#cca700', 'charts-orange': 'rgba(234, 92, 0, 0.33)', 'charts-purple': '#b180d7', 'testing-iconPassed': '#73c991', 'testing-iconFailed': '#f14c4c',
    'button-foreground': '#ffffff', 'button-background': '#0078d4', 'button-hoverBackground': '#026ec1', 'button-border': '#ffffff12', 'button-secondaryForeground': '#cccccc', 'button-secondaryBackground': '#313131', 'button-secondaryHoverBackground': '#3c3c3c',
    'textLink-foreground': '#4daafc', 'toolbar-hoverBackground': '#5a5d5e50', 'inputOption-activeBackground': '#2489db82', 'inputOption-activeForeground': '#ffffff', 'inputOption-activeBorder': '#2488db',
    'input-foreground': '#cccccc', 'input-background': '#313131', 'input-border': '#3c3c3c', 'input-placeholderForeground': '#989898', 'dropdown-foreground': '#cccccc', 'dropdown-background': '#313131', 'dropdown-border': '#3c3c3c',
    'panelTitle-activeForeground': '#cccccc', 'panelTitle-inactiveForeground': '#9d9d9d', 'panelTitle-activeBorder': '#0078d4', 'badge-foreground': '#f8f8f8', 'badge-background': '#616161',
    'list-hoverBackground': '#2a2d2e', 'list-inactiveSelectionBackground': '#37373d', 'list-activeSelectionBackground': '#04395e', 'list-activeSelectionForeground': '#ffffff',
    'textCodeBlock-background': '#2b2b2b', 'textBlockQuote-background': '#2b2b2b', 'textBlockQuote-border': '#616161', 'editorIndentGuide-background1': '#404040',
    'diffEditor-insertedLineBackground': '#9bb95533', 'diffEditor-removedLineBackground': '#ff000033',
  },
  light: {
    ...common, foreground: '#3b3b3b', descriptionForeground: '#3b3b3b', 'editor-background': '#ffffff', 'panel-border': '#e5e5e5', 'widget-border': '#e5e5e5', focusBorder: '#005fb8',
    errorForeground: '#c72e0f', 'icon-foreground': '#3b3b3b', 'editorWidget-background': '#f8f8f8', 'editorWidget-foreground': '#3b3b3b', 'editorWidget-border': '#c8c8c8',
    'charts-blue': '#0063d3', 'charts-yellow': '#bf8803', 'charts-orange': 'rgba(234, 92, 0, 0.33)', 'charts-purple': '#652d90', 'testing-iconPassed': '#388a34', 'testing-iconFailed': '#c72e0f',
    'button-foreground': '#ffffff', 'button-background': '#005fb8', 'button-hoverBackground': '#0258a8', 'button-border': '#0000001a', 'button-secondaryForeground': '#3b3b3b', 'button-secondaryBackground': '#e5e5e5', 'button-secondaryHoverBackground': '#cccccc',
    'textLink-foreground': '#005fb8', 'toolbar-hoverBackground': '#b8b8b850', 'inputOption-activeBackground': '#bed6ed', 'inputOption-activeForeground': '#000000', 'inputOption-activeBorder': '#005fb8',
    'input-foreground': '#3b3b3b', 'input-background': '#ffffff', 'input-border': '#cecece', 'input-placeholderForeground': '#767676', 'dropdown-foreground': '#3b3b3b', 'dropdown-background': '#ffffff', 'dropdown-border': '#cecece',
    'panelTitle-activeForeground': '#3b3b3b', 'panelTitle-inactiveForeground': '#3b3b3b', 'panelTitle-activeBorder': '#005fb8', 'badge-foreground': '#3b3b3b', 'badge-background': '#cccccc',
    'list-hoverBackground': '#f2f2f2', 'list-inactiveSelectionBackground': '#e4e6f1', 'list-activeSelectionBackground': '#e8e8e8', 'list-activeSelectionForeground': '#000000',
    'textCodeBlock-background': '#f8f8f8', 'textBlockQuote-background': '#f8f8f8', 'textBlockQuote-border': '#e5e5e5', 'editorIndentGuide-background1': '#d3d3d3',
    'diffEditor-insertedLineBackground': '#9bb95533', 'diffEditor-removedLineBackground': '#ff000033',
  },
  // Dark High Contrast: backgrounds are black or not set at all, and borders say what they said
  hc: {
    ...common, foreground: '#ffffff', descriptionForeground: 'rgba(255,255,255,0.7)', 'editor-background': '#000000', contrastBorder: '#6fc3df', contrastActiveBorder: '#f38518', 'panel-border': '#6fc3df', 'widget-border': '#6fc3df', focusBorder: '#f38518',
    errorForeground: '#f48771', 'icon-foreground': '#ffffff', 'editorWidget-background': '#0c141f', 'editorWidget-foreground': '#ffffff', 'editorWidget-border': '#6fc3df',
    'charts-blue': '#3794ff', 'charts-yellow': '#ffd700', 'charts-orange': '#d18616', 'charts-purple': '#b180d7', 'testing-iconPassed': '#73c991', 'testing-iconFailed': '#f14c4c',
    'button-foreground': '#ffffff', 'button-border': '#6fc3df', 'button-secondaryForeground': '#ffffff', 'textLink-foreground': '#21a6ff', 'inputOption-activeForeground': '#ffffff', 'inputOption-activeBorder': '#f38518',
    'input-foreground': '#ffffff', 'input-background': '#000000', 'input-border': '#6fc3df', 'input-placeholderForeground': 'rgba(255,255,255,0.7)', 'dropdown-foreground': '#ffffff', 'dropdown-background': '#000000', 'dropdown-border': '#6fc3df',
    'panelTitle-activeForeground': '#ffffff', 'panelTitle-inactiveForeground': '#ffffff', 'panelTitle-activeBorder': '#6fc3df', 'badge-foreground': '#ffffff', 'badge-background': '#000000',
    'textBlockQuote-border': '#ffffff', 'editorIndentGuide-background1': '#ffffff33',
  },
} as const;
export type Theme = keyof typeof themes;

export const themeCss = (theme: Theme): string => `:root{${Object.entries(themes[theme]).map(([name, value]) => `--vscode-${name}:${value}`).join(';')}}`;
