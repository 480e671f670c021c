export { alertsAgainstActs } from './alerts-against-acts.js';
export { AlertingModule } from './alerting.module.js';
export { AlertsHttpModule } from './alerts-http.module.js';
export { alertRowsTelling, finishAlertErasures } from './finish-erasures.js';
