using Stint.Core.Journal;

namespace Stint.Core;

// Who asks is an operator: that a coordinator may act for an account is decided by who hands the command in.

/// <summary>Makes a QOS, or gives it another specification as a whole.</summary>
public sealed record SetQos(QosSpec Spec, Actor By) : Command;
public sealed record RemoveQos(string Name, Actor By) : Command;
/// <summary>Makes an account (no user) or a user's association, or gives it another specification as a whole.</summary>
public sealed record SetAssociation(AssociationSpec Spec, Actor By) : Command;
/// <param name="User">Empty: the account itself.</param>
/// <param name="Partition">Empty: the association for all partitions.</param>
public sealed record RemoveAssociation(string Account, string User, string Partition, Actor By) : Command;
