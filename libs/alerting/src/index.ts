export { AlertingModule } from './alerting.module.js';
export { AlertsHttpModule } from './alerts-http.module.js';
export { forgetAlerts } from './forget-alerts.js';
