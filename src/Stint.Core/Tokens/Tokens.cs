using Stint.Core.Journal;
using Stint.Core.Nodes;

namespace Stint.Core;

// One-time tokens for nodes that join, and the certificates they got. Only hashes of tokens are known here.
public sealed partial class Cluster
{
    /// <summary>How long an expired token is remembered, so that its late use is named as what it is.</summary>
    private const long TokenMemoryMs = 24 * 3600 * 1000L;

    private readonly SortedDictionary<string, TokenIssued> tokens = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, string> tokenUses = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, string> certificates = new(StringComparer.Ordinal);

    /// <summary>By hash.</summary>
    public IReadOnlyDictionary<string, TokenIssued> Tokens => tokens;
    /// <summary>Token hash → the node that used it.</summary>
    public IReadOnlyDictionary<string, string> TokenUses => tokenUses;
    /// <summary>Node → thumbprint of the certificate that is valid for it.</summary>
    public IReadOnlyDictionary<string, string> NodeCertificates => certificates;

    private Decision DecideIssueToken(IssueToken command, Instant now)
    {
        if (!command.By.IsOperator) return Decision.No(RefusalCodes.AccessDenied, $"uid {command.By.Uid} may not issue join tokens");
        if (command.Hash.Length is 0 or > 256) return Decision.No(RefusalCodes.TokenInvalid, "the token's hash is empty or too long");
        if (command.ExpiresMs <= now.Milliseconds) return Decision.No(RefusalCodes.TokenExpired, "the token would be expired already");
        if (tokens.ContainsKey(command.Hash)) return Decision.No(RefusalCodes.TokenUsed, "that token was issued before");
        var batch = new Batch(now);
        batch.Add(new TokenIssued { Hash = command.Hash, ExpiresMs = command.ExpiresMs, ByUid = command.By.Uid, Node = command.Node,
            Purpose = command.Purpose });
        return batch.Decision();
    }

    private Decision DecideUseToken(UseToken command, Instant now)
    {
        if (!NodeNames.IsName(command.Node)) return NotANodeName(command.Node);
        if (command.CertificateThumbprint.Length is 0 or > 256)
            return Decision.No(RefusalCodes.InvalidRequest, "the certificate's thumbprint is empty or too long");
        if (!tokens.TryGetValue(command.Hash, out var token))
            return Decision.No(RefusalCodes.TokenInvalid, "the join token is not known here", "Issue one with: stint token");
        if (tokenUses.TryGetValue(command.Hash, out var user))
            return Decision.No(RefusalCodes.TokenUsed, $"the join token was used before, by node {user}",
                "Each node needs a token of its own: stint token");
        if (token.ExpiresMs <= now.Milliseconds)
            return Decision.No(RefusalCodes.TokenExpired, "the join token has expired", "Issue a new one with: stint token");
        if (token.Node.Length > 0 && !string.Equals(token.Node, command.Node, StringComparison.Ordinal))
            return Decision.No(RefusalCodes.TokenInvalid, $"the join token is for node {token.Node}, not for {Short(command.Node)}");
        if (token.Node.Length == 0 && certificates.ContainsKey(command.Node))
            return Decision.No(RefusalCodes.NodeNameTaken, $"a node named {command.Node} has joined already",
                "Choose another name, or issue a token for this name to replace its certificate");
        var batch = new Batch(now);
        batch.Add(new TokenUsed { Hash = command.Hash, Node = command.Node });
        batch.Add(new NodeCertified { Node = command.Node, Thumbprint = command.CertificateThumbprint });
        return batch.Decision();
    }

    private void On(TokenIssued record, Instant at)
    {
        var old = tokens.Values.Where(token => token.ExpiresMs < at.Milliseconds - TokenMemoryMs).Select(static token => token.Hash);
        foreach (var hash in old.ToArray())
        {
            tokens.Remove(hash);
            tokenUses.Remove(hash);
        }
        tokens[record.Hash] = record;
    }

    private void On(TokenUsed record) => tokenUses[record.Hash] = record.Node;

    private void On(NodeCertified record) => certificates[record.Node] = record.Thumbprint;
}
