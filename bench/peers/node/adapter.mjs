// oidc-provider's storage on Valkey: one JSON value per entity, one pipeline per write.
import Redis from 'ioredis';

const GRANTABLE = new Set(['AccessToken', 'AuthorizationCode', 'RefreshToken']);
const CONSUMABLE = new Set(['AuthorizationCode', 'PushedAuthorizationRequest', 'RefreshToken']);

let redis;

export function connect(path, db) {
  redis = new Redis({ path, db, enableAutoPipelining: true });
}

export class Adapter {
  constructor(model) {
    this.model = model;
  }

  key(id) {
    return `${this.model}:${id}`;
  }

  async upsert(id, payload, ttl) {
    const key = this.key(id);
    const multi = redis.multi();
    if (CONSUMABLE.has(this.model)) {
      multi.hset(key, { payload: JSON.stringify(payload) }).expire(key, ttl);
    } else {
      multi.set(key, JSON.stringify(payload), 'EX', ttl);
    }
    if (GRANTABLE.has(this.model) && payload.grantId) {
      const members = `grant:${payload.grantId}`;
      multi.sadd(members, key).expire(members, 14 * 86400);
    }
    if (this.model === 'Session') {
      multi.set(`uid:${payload.uid}`, id, 'EX', ttl);
    }
    await multi.exec();
  }

  async find(id) {
    if (!CONSUMABLE.has(this.model)) {
      const value = await redis.get(this.key(id));
      return value ? JSON.parse(value) : undefined;
    }
    const { payload, consumed } = await redis.hgetall(this.key(id));
    if (!payload) return undefined;
    return consumed ? { ...JSON.parse(payload), consumed: Number(consumed) } : JSON.parse(payload);
  }

  async findByUid(uid) {
    const id = await redis.get(`uid:${uid}`);
    return id ? this.find(id) : undefined;
  }

  async consume(id) {
    await redis.hset(this.key(id), 'consumed', Math.floor(Date.now() / 1000));
  }

  async destroy(id) {
    await redis.del(this.key(id));
  }

  async revokeByGrantId(grantId) {
    const members = `grant:${grantId}`;
    await redis.del(members, ...(await redis.smembers(members)));
  }
}
