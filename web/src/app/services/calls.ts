import type {
  ExceptionRequest,
  Information,
  InformationRequest,
  MemberEntry,
  PatternRequest,
  QueueSettingsRequest,
  ScheduleEntry,
  ServiceDoor,
  ServiceEntry,
  ServiceRequest,
} from "../../protocol";
import { ask } from "../requests";

const id = encodeURIComponent;

export const candidates = (): Promise<MemberEntry[]> => ask("GET", "/api/services/candidates");

export const makeService = (request: ServiceRequest): Promise<ServiceEntry> =>
  ask("POST", "/api/services", { json: request });

export const putService = (service: string, request: ServiceRequest): Promise<ServiceEntry> =>
  ask("PUT", `/api/services/${id(service)}`, { json: request });

export const putQueue = (service: string, request: QueueSettingsRequest): Promise<ServiceEntry> =>
  ask("PUT", `/api/services/${id(service)}/queue`, { json: request });

export const doorOf = (service: string): Promise<ServiceDoor> => ask("GET", `/api/services/${id(service)}/door`);

export const putDoor = (service: string, rules: ServiceDoor): Promise<ServiceDoor> =>
  ask("PUT", `/api/services/${id(service)}/door`, { json: rules });

export const informationOf = (service: string): Promise<Information> =>
  ask("GET", `/api/services/${id(service)}/information`);

export const putInformation = (service: string, text: InformationRequest): Promise<Information> =>
  ask("PUT", `/api/services/${id(service)}/information`, { json: text });

export const scheduleOf = (service: string): Promise<ScheduleEntry> =>
  ask("GET", `/api/services/${id(service)}/schedule`);

export const addPattern = (service: string, request: PatternRequest): Promise<ScheduleEntry> =>
  ask("POST", `/api/services/${id(service)}/patterns`, { json: request });

export const removePattern = (service: string, pattern: string): Promise<ScheduleEntry> =>
  ask("DELETE", `/api/services/${id(service)}/patterns/${id(pattern)}`);

export const addException = (service: string, request: ExceptionRequest): Promise<ScheduleEntry> =>
  ask("POST", `/api/services/${id(service)}/exceptions`, { json: request });

export const removeException = (service: string, exception: string): Promise<ScheduleEntry> =>
  ask("DELETE", `/api/services/${id(service)}/exceptions/${id(exception)}`);
