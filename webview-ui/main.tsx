/** The page's start: the one connection, then the panel. */
import './jitless.js';
import { createRoot } from 'react-dom/client';
import '@xyflow/react/dist/base.css';
import './styles.css';
import './graph.css';
import { App } from './app.js';
import { PanelContext } from './context.js';
import { createHost } from './host.js';
import { createPanel } from './store/panel.js';

const place = document.getElementById('root');
if (place) {
  const panel = createPanel(createHost());
  createRoot(place).render(
    <PanelContext value={panel}>
      <App />
    </PanelContext>,
  );
}
